#include "core/claims/claim.hpp"

#include <fmt/format.h>

#include "core/claims/condition_form.hpp"
#include "core/claims/topic.hpp"

namespace tightrope {

namespace {

/// What a topic's pattern says of this quantity.
std::string topic_in_words(const Claim& claim, const std::string& quantity) {
  Words words;
  for (const std::string& slot : words_of(claim.topic->pattern))
    if (slot != "BOUND")  // which comes with its relation
      words.push_back(slot == "QUANTITY" ? quantity
                      : slot == "<"      ? claim.success->text()
                      : slot == "LABEL"  ? claim.axis
                                         : slot);
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace

const std::vector<ConditionForm>& condition_forms() {
  static const std::vector<ConditionForm> all = condition_forms_of_all_files();
  return all;
}

LabelFilter Claim::other_side() const {
  LabelFilter side = where;
  for (const auto& [label, value] : compared_with) side[label] = {value};
  return side;
}

bool Claim::speaks_of(const Labels& labels) const {
  return selects(where, labels) || (!compared_with.empty() && selects(other_side(), labels));
}

std::string Claim::condition() const {
  if (!answers.empty()) return fmt::format("is {}", fmt::join(answers, " or "));
  std::string all = is;
  if (!form) return bounds.text();
  if (!compared_with.empty())
    all += " with " + in_words(compared_with);
  else if (!form->is_of_fit())
    all += fmt::format(" {} {}", form->axis_key, axis);
  return form->has_tolerance ? fmt::format("{} up to {} %", all, shortest(percent)) : all;
}

std::string Claim::words() const {
  std::string all = that.form ? that.text() : "";
  if (relative_to) all += " relative to " + relative_to->text();
  if (topic) all = topic_in_words(*this, all);
  if (of == Of::median) all = "median of " + all;
  if (of == Of::mean) all = "mean of " + all;
  if (!compared_with.empty() && !form) all += fmt::format(" (ratio to {})", in_words(compared_with));
  all += " " + condition();
  for (const auto& [label, values] : where) all += fmt::format(", {} {}", label, fmt::join(values, " or "));
  if (p) all += fmt::format(", p < {}", shortest(*p));
  if (of == Of::some_run) all += ", in some run";
  return all;
}

std::size_t Claim::needed_values() const { return form ? form->needed_values : 2; }

std::vector<std::string> Claim::columns() const {
  std::vector<std::string> names = that.columns();
  if (relative_to)
    for (const std::string& name : relative_to->columns()) names.push_back(name);
  return names;
}

std::optional<SuccessCriterion> read_success(const Node& node, std::vector<Diagnostic>& diagnostics) {
  const Words words = words_of(node);
  const auto condition = words.size() == 3 ? read_comparison(words[1], words[2]) : std::nullopt;
  if (condition) return SuccessCriterion{words[0], *condition, node.position};
  diagnostics.push_back(
      {node.position,
       "success must compare a column with a number, such as relative_error < 1e-6, but it is " + node.description()});
  return std::nullopt;
}

}  // namespace tightrope
