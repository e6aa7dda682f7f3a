// study: many cells of one file (core/grid has the grammar).
#include <fmt/format.h>
#include <algorithm>
#include <set>

#include "core/base/table.hpp"
#include "core/experiment/resolver.hpp"
#include "core/grid/form.hpp"
#include "core/grid/ranges.hpp"

namespace tightrope {

namespace {

constexpr const char* before_ranges =
    "Makes the file a study: the cells are the product methods × list × zip × grid × repetitions. PATH is "
    "any path of the file, such as problem.target.condition, or optimizer for a whole section. VALUES is "
    "a list, or a range (in quotes inside of braces and brackets):\n\n";
constexpr const char* behind_ranges =
    "An axis is called by the last part of its path, or by as many parts as tell it apart. CONDITION is a "
    "value, a list of values, or a comparison such as `>= 3` or, with another axis, `< target.rank`; a "
    "condition on an axis that a cell does not have does not hold. What lies on what: file, method, axes "
    "(those of a section before those of its parts), set. All methods see the same operator, truth, noise and "
    "start in the same repetition, and nothing that is added to a study changes the numbers of what was there. "
    "Cells that share an operator run together, in one pass over it. `--only` and `--skip` pick cells of a "
    "study, and `--set PATH=VALUE,VALUE` adds an axis.\n\n`tune` chooses a value of each method by trials, for "
    "each setting (cells that differ in the repetition alone) on its own, before the cells are run. The trials "
    "are runs like others, stored beside the cells, but no part of the results: with `repetitions` seeds (2) "
    "that no cell has, the same for all methods, and `stop` laid over the stop rules. `over` is a list or a "
    "range of values, each of which is tried; the one with the smallest median of `for` wins: `iterations to "
    "COLUMN < BOUND`, `passes to COLUMN < BOUND`, `final COLUMN` or `smallest COLUMN`. Where runs do not get "
    "there, the last value of the column decides, and of equals the smaller one wins. `over: {bisect: [0.01, "
    "4], trials: 8, take: 0.9}` looks for the largest stable value instead, with which no trial diverges or "
    "ends above its start, by that many values between the two, and takes that share of it. Without `path`, "
    "`over: {PATH: VALUES, PATH: VALUES}` chooses several values together: every combination is tried. A "
    "method may write `tune: none`, or keys that differ. The cells are then the same as with the value written "
    "in the file; `run`, `show` and run.json say what each method got and what its trials took. `timing: solo` "
    "and `limits` are for `--solo`, `--cell-time` and `--cell-memory`, which win over them, as `-j` does over "
    "`timing`; they are no part of a cell.";

std::string text() {
  std::string all = before_ranges;
  for (const ValueRange& range : value_ranges())
    all += fmt::format("- `{}({})`: {}, such as `{}`\n", range.name, range.arguments, range.doc, range.example);
  return all + "\n" + behind_ranges;
}

/// Its keys are maps and lists rather than parameters.
std::vector<Parameter> keys() {
  std::vector<Parameter> all;
  for (const StudyForm& form : study_forms()) {
    Parameter& key = all.emplace_back();
    key.name = form.name;
    key.type = form.type;
    key.doc = fmt::format("{}; such as `{}`", form.doc, form.example);
  }
  return all;
}

/// The unit of the parameter at a path, if the cells that have it agree on one.
std::string unit_at(const std::string& path, const std::vector<CellSpec>& cells) {
  const auto dot = path.find_last_of('.');
  if (dot == std::string::npos) return "";
  const std::string owner = path.substr(0, dot), name = path.substr(dot + 1);
  std::set<std::string> units;
  const auto add = [&](const std::vector<Parameter>& parameters) {
    if (const Parameter* own = find_named(parameters, name)) units.insert(own->unit_text);
  };
  if (const Section* section = find_named(sections(), owner)) add(section->parameters);
  std::set<const Library*> seen;
  for (const CellSpec& cell : cells)
    for (const auto& [at, choice] : cell.parts()) {
      if (at != owner || !seen.insert(choice->library.get()).second) continue;
      Parameters parameters;
      const auto maker = make_maker(*choice->library);
      declare_parameters(*choice->library, *maker, parameters);
      add(parameters.all());
    }
  return units.size() == 1 ? *units.begin() : "";
}

bool is_same(const Position& a, const Position& b) {
  return a.file == b.file && a.line == b.line && a.column == b.column;
}

/// With `all`, every value that may be tuned is tried; else the chosen one or, where none is, one of them.
std::optional<CellSpec> resolve_grid_cell(Resolver& resolver, const Grid& grid, std::size_t i, bool all) {
  const std::size_t before = resolver.diagnostics.size();
  try {
    std::optional<CellSpec> cell;
    if (const auto setting = grid.setting_of(i)) {
      const TunedSetting& tuned = grid.settings()[*setting];
      const auto chosen = std::find_if(resolver.tuned.begin(), resolver.tuned.end(),
                                       [&](const Tuned& t) { return t.labels == tuned.labels; });
      std::vector<Node> candidates = tuned.rules->candidates();
      if (chosen != resolver.tuned.end())
        candidates = {chosen->value};
      else if (!all)
        candidates.resize(1);
      for (const Node& value : candidates) cell = resolver.cell(grid.tree(i, &value), grid.labels(i));
      if (cell && chosen == resolver.tuned.end()) cell->key.clear();
    } else {
      cell = resolver.cell(grid.tree(i), grid.labels(i));
    }
    if (resolver.diagnostics.size() == before) return cell;
  } catch (const ConfigError& error) {
    resolver.diagnostics.insert(resolver.diagnostics.end(), error.diagnostics().begin(), error.diagnostics().end());
  }
  // An axis can be right for one method and not for another.
  const auto labels = grid.labels(i);
  const auto method = labels.find("method");
  for (const StudyAxis& axis : grid.axes())
    for (std::size_t d = before; d < resolver.diagnostics.size() && method != labels.end(); ++d) {
      const Position& at = resolver.diagnostics[d].position;
      if (axis.path == "method" || !is_same(at, axis.position)) continue;
      resolver.diagnostics[d].message += fmt::format(
          "; the axis '{}' reaches method '{}': if only other methods have it, write it as a grid inside of them",
          axis.path, excerpt(method->second));
    }
  return std::nullopt;
}

bool is_within(const Position& position, const Node& node) {
  const auto in = [&](const auto& part) { return is_within(position, part); };
  return is_same(position, node.position) || std::ranges::any_of(node.items, in) ||
         std::ranges::any_of(node.entries, in, &Node::Entry::value);
}

/// What sections do not take among the values of axes of which no cells can be made.
void check_values(Resolver& resolver, const Grid& grid) {
  std::vector<Diagnostic> found = std::move(resolver.diagnostics);
  for (const auto& [value, tree] : grid.values_alone()) {
    resolver.diagnostics.clear();
    for (const Section& section : sections()) resolver.check_given(section, tree);
    std::ranges::copy_if(resolver.diagnostics, std::back_inserter(found),
                         [&one = value](const Diagnostic& diagnostic) { return is_within(diagnostic.position, one); });
  }
  resolver.diagnostics = std::move(found);
}

/// Budgets do not name a run, so cells that differ in nothing else would be the same run with two ends.
void check_budgets(Resolver& resolver, const Experiment& experiment) {
  std::map<std::string, const CellSpec*> runs;
  for (const CellSpec& cell : experiment.cells) {
    if (cell.needs_tuning()) continue;
    const CellSpec& other = *runs.emplace(cell.key, &cell).first->second;
    if (cell.stop.iterations == other.stop.iterations && cell.stop.seconds == other.stop.seconds) continue;
    const Node* stop = cell.resolved.find("stop");
    const Node* budget = stop->find(cell.stop.iterations != other.stop.iterations ? "iterations" : "time");
    return resolver.complain(
        budget ? budget->position : stop->position,
        "two cells of the study differ in stop.iterations or stop.time alone, which makes them one run; ask "
        "for the longest and read the others off its trace");
  }
}

}  // namespace

void resolve_study(Resolver& resolver, const Node& study, const Node& base, Experiment& experiment) {
  const std::size_t before = resolver.diagnostics.size();
  const Grid grid(base, study, keys_of_cells(), resolver.selection, resolver.diagnostics);
  experiment.axes = grid.axes();
  experiment.rules = grid.rules();
  experiment.success = grid.success();
  if (resolver.diagnostics.size() > before) return check_values(resolver, grid);
  // Few cells have every value of every axis once: what is wrong with one of them is found before the others are
  // made.
  for (const std::size_t i : grid.cover()) resolve_grid_cell(resolver, grid, i, true);
  for (const Section& section : sections()) resolver.check_given(section, base);
  for (std::size_t i = 0; i < grid.size() && resolver.diagnostics.empty(); ++i)
    if (auto cell = resolve_grid_cell(resolver, grid, i, false)) experiment.cells.push_back(std::move(*cell));
  experiment.settings = grid.settings();
  experiment.tuned = resolver.tuned;
  resolver.drop_repetitions();
  if (resolver.diagnostics.empty()) check_budgets(resolver, experiment);
  for (StudyAxis& axis : experiment.axes) axis.unit = unit_at(axis.path, experiment.cells);
}

Section study_section() {
  return {
      .name = "study", .order = 130, .text = text(), .parameters = keys(), .schema = "{$ref: '#/definitions/study'}"};
}

}  // namespace tightrope
