#include "core/claims/condition.hpp"

#include <fmt/format.h>

#include <sstream>

namespace tightrope {

namespace {

using Relation = Condition::Relation;

const std::vector<std::pair<std::string, Relation>> relations = {
    {"<", Relation::below}, {"<=", Relation::at_most}, {">", Relation::above}, {">=", Relation::at_least}};

}  // namespace

Words words_of(const Node& node) { return words_of(node.is_scalar() ? node.scalar : ""); }

Words words_of(const std::string& text) {
  std::istringstream stream(text);
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string quoted_list(const Words& words, const std::string& last) {
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i)
    list += fmt::format("{}'{}'", i == 0 ? "" : i + 1 < words.size() ? ", " : " " + last + " ", words[i]);
  return list;
}

bool Condition::holds(Real value) const {
  switch (relation) {  // every comparison with NaN is false
    case Relation::below:
      return value < bound;
    case Relation::at_most:
      return value <= bound;
    case Relation::above:
      return value > bound;
    case Relation::at_least:
      return value >= bound;
    case Relation::between:
      return value >= bound && value <= upper;
  }
  return false;
}

std::vector<Real> Condition::ends() const {
  return relation == Relation::between ? std::vector{bound, upper} : std::vector{bound};
}

std::string Condition::text() const {
  for (const auto& [text, meaning] : relations)
    if (meaning == relation) return text + " " + shortest(bound);
  return fmt::format("between {} and {}", shortest(bound), shortest(upper));
}

std::optional<Condition> read_comparison(const std::string& relation, const std::string& bound) {
  const auto number = to_real(Node::make_scalar(bound, {}));
  for (const auto& [text, meaning] : relations)
    if (text == relation && number) return Condition{meaning, *number, 0};
  return std::nullopt;
}

std::optional<Condition> read_condition(const Words& words) {
  if (words.size() == 2) return read_comparison(words[0], words[1]);
  if (words.size() != 4 || words[0] != "between" || words[2] != "and") return std::nullopt;
  const auto low = to_real(Node::make_scalar(words[1], {})), high = to_real(Node::make_scalar(words[3], {}));
  if (!low || !high || *low > *high) return std::nullopt;
  return Condition{Relation::between, *low, *high};
}

}  // namespace tightrope
