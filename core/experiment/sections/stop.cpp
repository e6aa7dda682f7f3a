// stop: what ends a run.
#include <fmt/format.h>
#include <algorithm>

#include "core/base/text/word_list.hpp"
#include "core/experiment/resolver.hpp"
#include "core/tree/scalars/quantity.hpp"

namespace tightrope {

namespace {

struct StopKeys {
  std::optional<Index> iterations;
  std::optional<Real> time;
  Real divergence = StopRules{}.divergence;
  void declare(Parameters& p) {
    p.add("iterations", iterations, at_least(0), "end after so many iterations").example("1000");
    p.add("time", time, above(0),
          "end after so much computing time, also 10 min, 2 h or 1 d; the only rule that depends on the clock")
        .unit("s")
        .example("60");
    p.add(
        "divergence", divergence, above(1),
        "the run has diverged when the objective exceeds this multiple of its scale (the larger of its first value and "
        "half the squared norm of the data), or is not finite");
  }
};

/// A time with a unit becomes the number of its seconds.
void read_seconds(Resolver& resolver, Node& stop) {
  Node* const time = stop.find("time");
  if (!time || !time->is_scalar() || to_real(Node::make_scalar(time->scalar, {}))) return;
  if (const auto seconds = to_quantity(time->scalar, times)) {
    *time = Node::make_scalar(shortest(*seconds), time->position);
  } else {
    resolver.complain(time->position, "the stop rule 'time' " + must_be_quantity(time->scalar, times));
    stop.erase("time");
  }
}

/// A key of `stop` that is not the core's is a column of an observer: one that is listed, or one that looks on for
/// this rule alone.
void read_threshold(Resolver& resolver, const Node::Entry& entry, const std::vector<std::string>& known,
                    const std::vector<std::string>& observers, CellSpec& cell, std::vector<std::string>& thresholds) {
  thresholds.push_back(entry.key);
  const auto value = to_real(entry.value);
  if (!value)
    return resolver.complain(entry.value.position, fmt::format("the stop rule '{}' must be a number, but it is {}",
                                                               entry.key, entry.value.description()));
  const bool names_observer = contains(observers, entry.key);
  const std::string hint = names_observer ? "" : did_you_mean(entry.key, known);
  if (!names_observer && (!hint.empty() || !resolver.is_column(entry.key)))
    return resolver.complain(entry.position,
                             fmt::format("stop has no rule '{}'{}", excerpt(entry.key),
                                         hint.empty() ? ", and no observer has a column of this name" : hint));
  cell.stop.thresholds.push_back({entry.key, *value});
  cell.threshold_positions.push_back(entry.position);
  const bool listed = std::any_of(cell.observers.begin(), cell.observers.end(), [&](const CellSpec::Watched& watched) {
    return watched.choice.library && watched.choice.library->manifest().name == entry.key;
  });
  if (!names_observer || listed) return;
  Node holder = Node::make_map(entry.position), unused = Node::make_map({});
  holder.set("observer", Node::make_scalar(entry.key, entry.position));
  cell.observers.push_back({resolver.choose("observers", "observer", holder, cell, unused), {}, false});
}

void resolve(Resolver& resolver, const Node& tree, CellSpec& cell) {
  const Node* given = tree.find("stop");
  if (!given || given->is_null())
    return resolver.complain(given ? given->position : tree.position,
                             "the config needs a section 'stop', e.g. stop: {iterations: 1000}");
  if (!given->is_map())
    return resolver.complain(given->position,
                             "stop must be a map such as {iterations: 1000}, but it is " + given->description());
  Node stop = *given;
  read_seconds(resolver, stop);
  given = &stop;
  StopKeys keys;
  Parameters own;
  keys.declare(own);
  const std::vector<std::string> own_names = own.names(), observers = resolver.names("observers");
  std::vector<std::string> thresholds;
  for (const Node::Entry& entry : given->entries)
    if (!contains(own_names, entry.key))
      read_threshold(resolver, entry, joined(own_names, observers), observers, cell, thresholds);
  Node resolved = resolver.read(keys, *given, "stop", thresholds);
  for (const std::string& name : thresholds) resolved.set(name, *given->find(name));
  cell.stop.iterations = keys.iterations;
  cell.stop.seconds = keys.time;
  cell.stop.divergence = keys.divergence;
  if (!value_at(*given, "iterations") && !value_at(*given, "time"))
    resolver.complain(given->position,
                      "stop needs a limit, 'iterations' or 'time': a threshold alone may never be reached");
  cell.resolved.set("stop", std::move(resolved));
}

std::optional<SuccessCriterion> success_by_stop_rule(const CellSpec& cell) {
  for (std::size_t i = 0; i < cell.stop.thresholds.size(); ++i) {
    const StopRules::Threshold& rule = cell.stop.thresholds[i];
    const bool is_recorded =
        std::none_of(cell.observers.begin(), cell.observers.end(), [&](const CellSpec::Watched& watched) {
          return !watched.recorded && watched.choice.library && watched.choice.library->manifest().name == rule.column;
        });
    if (is_recorded)
      return SuccessCriterion{
          rule.column, {Condition::Relation::at_most, rule.at_most, 0}, cell.threshold_positions[i]};
  }
  return std::nullopt;
}

}  // namespace

std::optional<SuccessCriterion> success_by_stop_rules(const std::vector<CellSpec>& cells) {
  std::optional<SuccessCriterion> common;
  for (const CellSpec& cell : cells) {
    std::optional<SuccessCriterion> own = success_by_stop_rule(cell);
    if (!own || (common && own->text() != common->text())) return std::nullopt;
    common = std::move(own);
  }
  return common;
}

Section stop_section() {
  return {.name = "stop",
          .order = 120,
          .text =
              "Rules that end a run; any one that is met does. Every other key is a column of an observer with a "
              "threshold: the run has converged when the column is at most that number. At least one limit "
              "(iterations or time) is required.",
          .parameters = parameters_of<StopKeys>(),
          .is_required = true,
          .has_columns = true,
          .one_of = {"iterations", "time"},
          .schema = fmt::format("{{properties: {{time: {{type: [number, string, 'null'], pattern: '{}'}}}}}}",
                                quantity_pattern(times)),
          .of_cell = resolve};
}

}  // namespace tightrope
