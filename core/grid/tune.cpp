#include "core/grid/tune.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/text/word_list.hpp"
#include "core/grid/ranges.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

namespace {

const std::vector<std::string> tune_keys = {"path", "over", "for", "repetitions", "stop"};
const std::vector<std::string> bisect_keys = {"bisect", "trials", "take"};
constexpr Index most_trials = 1000;

/// Whether another machine would measure something else.
bool is_of_machine(const Quantity& quantity) {
  return std::any_of(clocks().begin(), clocks().end(), [&](const Clock& clock) {
    return !clock.is_reproducible && (clock.column == quantity.column || clock.column == quantity.over);
  });
}

std::string goal_forms() {
  Words all;
  for (const std::string& pattern : patterns_of([](const QuantityForm& form) { return form.is_goal; })) {
    const Clock* clock = find_cost(pattern.substr(0, pattern.find(' ')));
    if (!clock || clock->is_reproducible) all.push_back(pattern);
  }
  return quoted_list(all);
}

bool is_at_or_below(const std::string& path, const std::string& other) {
  return path == other || path.starts_with(other + ".");
}

double combinations(const TuneRules& rules) {
  double all = 1;
  for (const TuneRules::TunedPath& at : rules.paths) all *= static_cast<double>(at.values.size());
  return all;
}

class Reader {
 public:
  Reader(const Node& node, std::vector<Diagnostic>& diagnostics) : node_(node), diagnostics_(diagnostics) {}

  std::optional<TuneRules> read() {
    rules_.position = node_.position;
    if (!node_.is_map()) {
      complain(node_.position,
               "tune must be none or a map such as {path: optimizer.step, over: 'log(1e-2, 1, 9)', for: iterations to "
               "relative_error < 1e-6}, but it is " +
                   node_.description());
      return std::nullopt;
    }
    known_keys(node_, tune_keys, "tune");
    what();
    goal();
    if (const Node* repetitions = node_.find("repetitions")) count(*repetitions, "repetitions", 1, rules_.repetitions);
    if (const Node* stop = node_.find("stop")) {
      if (!stop->is_map())
        complain(stop->position, "stop must be a map of stop rules, but it is " + stop->description());
      rules_.stop = *stop;
    }
    if (diagnostics_.size() > before_) return std::nullopt;
    return std::move(rules_);
  }

 private:
  void complain(const Position& position, std::string message) {
    diagnostics_.push_back({position, std::move(message)});
  }

  void known_keys(const Node& map, const std::vector<std::string>& keys, const char* owner) {
    for (const Node::Entry& entry : map.entries)
      if (!contains(keys, entry.key))
        complain(entry.position, fmt::format("{} has no key '{}'{}", owner, excerpt(entry.key),
                                             did_you_mean_or_list(entry.key, keys, "; it has: ")));
  }

  void count(const Node& node, const char* name, Index least, Index& into) {
    const auto value = to_index(node);
    if (value && *value >= least && *value <= most_trials)
      into = *value;
    else
      complain(node.position, fmt::format("{} must be a whole number between {} and {}, but it is {}", name, least,
                                          most_trials, node.description()));
  }

  void what() {
    const Node *path = node_.find("path"), *over = node_.find("over");
    const bool is_bisection = over && over->find("bisect");
    if (!path && over && over->is_map() && !is_bisection) return several(*over);
    if (!path || !path->is_scalar())
      complain(path ? path->position : node_.position,
               "tune needs 'path', the value of the config that is to be chosen, such as optimizer.step");
    else
      rules_.paths.push_back({path->scalar, path->position, {}});
    if (!over)
      return complain(node_.position,
                      fmt::format("tune needs 'over', the values to try: a list, a range such as {}, or "
                                  "{{bisect: [0.01, 4]}}",
                                  range_examples()));
    if (is_bisection) return bisection(*over);
    if (over->is_map())
      return complain(
          over->position,
          "where 'path' is given, over is a list, a range or {bisect: [0.01, 4]}; to choose several values, "
          "leave 'path' out and write over: {PATH: VALUES, …}");
    const std::vector<Node> values = values_of(*over, "over");
    if (!rules_.paths.empty()) rules_.paths.back().values = values;
  }

  void several(const Node& over) {
    for (const Node::Entry& entry : over.entries) {
      for (const TuneRules::TunedPath& other : rules_.paths)
        if (is_at_or_below(entry.key, other.path) || is_at_or_below(other.path, entry.key))
          complain(entry.position, fmt::format("'{}' and '{}' are to be chosen, but one is a part of the other",
                                               excerpt(other.path), excerpt(entry.key)));
      rules_.paths.push_back(
          {entry.key, entry.position, values_of(entry.value, "over of '" + excerpt(entry.key) + "'")});
    }
    if (over.entries.empty())
      complain(over.position, "over must have values to try, such as {optimizer.step: [0.1, 0.2]}, but it is empty");
    else if (const double all = combinations(rules_); all > static_cast<double>(most_trials))
      complain(over.position, fmt::format("over has {:.6g} combinations; at most {} can be tried", all, most_trials));
  }

  std::vector<Node> values_of(const Node& node, const std::string& what) {
    std::vector<Node> values = listed_values(what, node, diagnostics_);
    if (values.size() > most_trials)
      complain(node.position,
               fmt::format("{} has {} values; at most {} can be tried", what, values.size(), most_trials));
    std::vector<std::string> seen;
    for (const Node& value : values) {
      const std::string text = to_json(value, true);
      if (contains(seen, text)) complain(value.position, what + " has " + value.description() + " twice");
      seen.push_back(text);
    }
    return values;
  }

  void bisection(const Node& over) {
    known_keys(over, bisect_keys, "over");
    TuneRules::Bisection bisection;
    bisection.position = over.position;
    const Node& ends = *over.find("bisect");
    const auto low = ends.items.size() == 2 ? to_real(ends.items[0]) : std::nullopt;
    const auto high = ends.items.size() == 2 ? to_real(ends.items[1]) : std::nullopt;
    if (!low || !high || !(*low > 0) || !(*low < *high))
      return complain(ends.position,
                      "bisect must be two numbers above 0, the smaller one first, such as [0.01, 4], but it is " +
                          ends.description());
    bisection.low = *low;
    bisection.high = *high;
    if (const Node* trials = over.find("trials")) count(*trials, "trials", 2, bisection.trials);
    if (const Node* take = over.find("take")) {
      const auto share = to_real(*take);
      if (share && *share > 0 && *share <= 1)
        bisection.take = *share;
      else
        complain(take->position, "take must be a share above 0 and at most 1, but it is " + take->description());
    }
    rules_.bisection = bisection;
  }

  void goal() {
    const Node *given = node_.find("for"), *over = node_.find("over");
    if (over && over->find("bisect")) return;  // bisection asks for stability
    if (!given)
      return complain(node_.position,
                      fmt::format("tune needs 'for', what the best value makes smallest: {}", goal_forms()));
    const auto quantity = read_quantity(*given);
    const bool is_goal =
        quantity && quantity->form->is_goal && quantity->reference.empty() && !is_of_machine(*quantity);
    if (!is_goal)
      return complain(given->position,
                      fmt::format("'for' must be {} (seconds would choose differently on every machine), but it is {}",
                                  goal_forms(), given->description()));
    rules_.goal = *quantity;
    rules_.goal_position = given->position;
  }

  const Node& node_;
  std::vector<Diagnostic>& diagnostics_;
  const std::size_t before_ = diagnostics_.size();
  TuneRules rules_;
};

}  // namespace

std::string TuneRules::path() const {
  return list_of(paths, [](const TunedPath& at) { return at.path; });
}

std::vector<Node> TuneRules::candidates() const {
  if (bisection)
    return {Node::make_scalar(shortest(bisection->low), bisection->position),
            Node::make_scalar(shortest(bisection->high), bisection->position)};
  if (paths.size() == 1) return paths.front().values;
  std::vector<Node> all = {Node::make_map(position)};
  for (const TunedPath& at : paths) {
    std::vector<Node> longer;
    for (const Node& before : all)
      for (const Node& value : at.values) {
        longer.push_back(before);
        longer.back().entries.push_back({at.path, at.position, value});
      }
    all = std::move(longer);
  }
  return all;
}

Index TuneRules::budget() const { return bisection ? bisection->trials : static_cast<Index>(combinations(*this)); }

std::optional<TuneRules> read_tune(const Node& node, std::vector<Diagnostic>& diagnostics) {
  return Reader(node, diagnostics).read();
}

void apply_tuned(Node& tree, const TuneRules& rules, const Node& value) {
  for (const TuneRules::TunedPath& at : rules.paths)
    merge(node_at_path(tree, at.path, [&](std::size_t) { return at.position; }),
          rules.paths.size() == 1 ? value : *value.find(at.path));
}

namespace {

Tuned of_one(const Node::Entry& entry) {
  Tuned one;
  one.path = entry.key;
  one.value = entry.value;
  return one;
}

}  // namespace

std::string Tuned::value_text() const {
  if (value.is_scalar()) return value.scalar;
  if (!value.is_map() || path.find(", ") == std::string::npos) return to_json(value);
  return "(" + list_of(value.entries, [](const Node::Entry& one) { return of_one(one).value_text(); }) + ")";
}

std::string Tuned::text() const {
  if (path.find(", ") == std::string::npos) return path + " " + value_text();
  return list_of(value.entries, [](const Node::Entry& one) { return of_one(one).text(); });
}

bool overlaps(const TuneRules& rules, const std::string& path, const Position& position, const char* what,
              std::vector<Diagnostic>& diagnostics) {
  if (std::ranges::none_of(rules.paths, [&](const auto& at) { return is_at_or_below(path, at.path); })) return false;
  Diagnostic complaint{position,
                       fmt::format("'{}' {}, but it is also to be tuned, by the rules at {}; write tune: none in the "
                                   "methods for which it is not",
                                   path, what, rules.position.text())};
  const auto is_told = [&](const Diagnostic& other) { return other.position.text() == position.text(); };
  if (std::ranges::none_of(diagnostics, is_told)) diagnostics.push_back(std::move(complaint));
  return true;
}

}  // namespace tightrope
