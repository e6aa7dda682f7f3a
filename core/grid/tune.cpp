#include "core/grid/tune.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/word_list.hpp"
#include "core/grid/ranges.hpp"
#include "core/tree/yaml.hpp"

namespace tightrope {

namespace {

const std::vector<std::string> tune_keys = {"path", "over", "for", "repetitions", "stop"};
const std::vector<std::string> bisect_keys = {"bisect", "trials", "take"};
constexpr Index most_trials = 1000;
constexpr const char* goal_forms =
    "'iterations to COLUMN < BOUND', 'passes to COLUMN < BOUND', 'final COLUMN' or 'smallest COLUMN'";

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
    path();
    over();
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

  void path() {
    const Node* path = node_.find("path");
    if (!path || !path->is_scalar())
      return complain(path ? path->position : node_.position,
                      "tune needs 'path', the value of the config that is to be chosen, such as optimizer.step");
    rules_.path = path->scalar;
    rules_.path_position = path->position;
  }

  void over() {
    const Node* over = node_.find("over");
    if (!over)
      return complain(node_.position,
                      fmt::format("tune needs 'over', the values to try: a list, a range such as {}, or "
                                  "{{bisect: [0.01, 4]}}",
                                  range_examples()));
    if (over->is_map()) return bisection(*over);
    rules_.values = listed_values("over", *over, diagnostics_);
    if (rules_.values.size() > most_trials)
      complain(over->position,
               fmt::format("over has {} values; at most {} can be tried", rules_.values.size(), most_trials));
    std::vector<std::string> seen;
    for (const Node& value : rules_.values) {
      const std::string text = to_json(value, true);
      if (std::find(seen.begin(), seen.end(), text) != seen.end())
        complain(value.position, "over has " + value.description() + " twice");
      seen.push_back(text);
    }
  }

  void bisection(const Node& over) {
    known_keys(over, bisect_keys, "over");
    TuneRules::Bisection bisection;
    bisection.position = over.position;
    const Node* ends = over.find("bisect");
    const auto low = ends && ends->items.size() == 2 ? to_real(ends->items[0]) : std::nullopt;
    const auto high = ends && ends->items.size() == 2 ? to_real(ends->items[1]) : std::nullopt;
    if (!low || !high || !(*low > 0) || !(*low < *high))
      return complain(ends ? ends->position : over.position,
                      "bisect must be two numbers above 0, the smaller one first, such as [0.01, 4], but it is " +
                          (ends ? ends->description() : std::string("missing")));
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
    if (over && over->is_map()) return;  // bisection asks for stability
    if (!given)
      return complain(node_.position,
                      fmt::format("tune needs 'for', what the best value makes smallest: {}", goal_forms));
    const auto quantity = read_quantity(*given);
    const bool is_goal =
        quantity && ((quantity->pick == Quantity::Pick::reach && quantity->over != "seconds") ||
                     quantity->pick == Quantity::Pick::final || quantity->pick == Quantity::Pick::smallest);
    if (!is_goal || !quantity->reference.empty() || quantity->column == "seconds")
      return complain(given->position,
                      fmt::format("'for' must be {} (seconds would choose differently on every machine), but it is {}",
                                  goal_forms, given->description()));
    rules_.goal = *quantity;
    rules_.goal_position = given->position;
  }

  const Node& node_;
  std::vector<Diagnostic>& diagnostics_;
  const std::size_t before_ = diagnostics_.size();
  TuneRules rules_;
};

}  // namespace

std::vector<Node> TuneRules::candidates() const {
  if (!bisection) return values;
  return {Node::make_scalar(shortest(bisection->low), bisection->position),
          Node::make_scalar(shortest(bisection->high), bisection->position)};
}

std::optional<TuneRules> read_tune(const Node& node, std::vector<Diagnostic>& diagnostics) {
  return Reader(node, diagnostics).read();
}

void apply_tuned(Node& tree, const TuneRules& rules, const Node& value) {
  merge(node_at_path(tree, rules.path, [&](std::size_t) { return rules.path_position; }), value);
}

bool overlaps(const TuneRules& rules, const std::string& path, const Position& position, const char* what,
              std::vector<Diagnostic>& diagnostics) {
  if (path != rules.path && !path.starts_with(rules.path + ".")) return false;
  Diagnostic complaint{position,
                       fmt::format("'{}' {}, but it is also to be tuned, by the rules at {}; write tune: none in the "
                                   "methods for which it is not",
                                   path, what, rules.position.text())};
  const auto is_told = [&](const Diagnostic& other) { return other.position.text() == position.text(); };
  if (std::ranges::none_of(diagnostics, is_told)) diagnostics.push_back(std::move(complaint));
  return true;
}

}  // namespace tightrope
