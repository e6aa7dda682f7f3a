// Studies: the cells of the product of their axes.
#include "core/grid/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/grid/reader.hpp"
#include "core/numbers/streams.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

namespace {

using Conditions = std::vector<std::vector<AxisCondition>>;

constexpr std::size_t most_combinations = 1'000'000;  // before `where` and `exclude`

/// The seed of a config; null if what stands there is none.
std::optional<std::uint64_t> seed_in(const Node& tree) {
  const Node* given = tree.find("seed");
  return given ? to_index(*given) : std::uint64_t{1};
}

/// Whether all conditions hold; one on an axis that a cell does not have does not.
bool satisfies(const StudyPlan& plan, const std::vector<std::optional<std::size_t>>& cell,
               const std::vector<AxisCondition>& conditions) {
  return std::all_of(conditions.begin(), conditions.end(), [&](const AxisCondition& condition) {
    const auto own = cell[condition.axis];
    if (!own) return false;
    if (!condition.other) return static_cast<bool>(condition.allowed[*own]);
    const auto other = cell[*condition.other];
    if (!other) return false;
    const StudyPlan::Value &a = plan.values[condition.axis][*own], &b = plan.values[*condition.other][*other];
    if (a.number && b.number) return holds(condition.relation, *a.number, *b.number);
    return (a.canonical == b.canonical) == (condition.relation == AxisRelation::equal);
  });
}

std::string counts(const StudyPlan& plan) {
  std::vector<std::string> words;
  for (std::size_t a = 0; a < plan.axes.size(); ++a)
    words.push_back(fmt::format("{} {}", plan.axes[a].label, plan.axes[a].values.size()));
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

Grid::Grid(const Node& base, const Node& study, const std::vector<std::string>& sections, const Selection& selection,
           std::vector<Diagnostic>& diagnostics)
    : base_(base) {
  const std::size_t before = diagnostics.size();
  StudyReader reader(plan_, study, sections, diagnostics);
  if (!reader.read()) return;
  Conditions only, skip;
  for (const Node& node : selection.only) only.push_back(reader.conditions(node, "--only"));
  for (const Node& node : selection.skip) skip.push_back(reader.conditions(node, "--skip"));
  order_.resize(plan_.axes.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    return std::ranges::count(plan_.axes[a].path, '.') < std::ranges::count(plan_.axes[b].path, '.');
  });
  double combinations = 1;
  for (const auto& block : plan_.blocks) combinations *= static_cast<double>(block.size());
  if (combinations > static_cast<double>(most_combinations))
    reader.complain(study.position, fmt::format("the study has {:.3g} combinations, more than {} ({})", combinations,
                                                most_combinations, counts(plan_)));
  if (diagnostics.size() > before) return;
  bool any = false;
  std::vector<std::optional<std::size_t>> cell;
  for (std::size_t i = 0; i < static_cast<std::size_t>(combinations); ++i) {
    cell.assign(plan_.axes.size(), std::nullopt);
    for (const auto& [a, v] : row(i)) cell[a] = v;
    const auto meant = [&](const Conditions& keep, const Conditions& drop) {
      const auto fits = [&](const std::vector<AxisCondition>& conditions) {
        return satisfies(plan_, cell, conditions);
      };
      return std::ranges::all_of(keep, fits) && std::ranges::none_of(drop, fits);
    };
    if (!meant(plan_.keep, plan_.drop)) continue;
    any = true;
    if (meant(only, skip)) cells_.push_back(i);
  }
  if (!any)
    reader.complain(study.position, "where and exclude leave no cell of the study");
  else if (cells_.empty())
    reader.complain((selection.only.empty() ? selection.skip : selection.only).front().position,
                    "--only and --skip leave no cell of the study");
  else if (cells_.size() > most_cells)
    reader.complain(study.position, fmt::format("the study has {} cells, more than the {} that are allowed ({})",
                                                cells_.size(), most_cells, counts(plan_)));
  if (diagnostics.size() == before) find_settings(diagnostics);
  if (diagnostics.size() > before) cells_.clear();
}

Grid::Row Grid::row(std::size_t combination) const {
  Row result;
  for (auto block = plan_.blocks.rbegin(); block != plan_.blocks.rend(); ++block) {
    const Row& chosen = (*block)[combination % block->size()];
    result.insert(result.end(), chosen.begin(), chosen.end());
    combination /= block->size();
  }
  return result;
}

std::map<std::string, std::string> Grid::labels(std::size_t cell) const {
  std::map<std::string, std::string> result;
  for (const auto& [a, v] : row(cells_[cell])) result[plan_.axes[a].label] = plan_.axes[a].values[v];
  return result;
}

Node Grid::config_of_row(const Row& row, const Node* tuned) const {
  std::vector<const StudyPlan::Value*> chosen(plan_.axes.size(), nullptr);
  for (const auto& [a, v] : row) chosen[a] = &plan_.values[a][v];
  Node tree = base_;
  std::size_t method = StudyPlan::no_method;
  for (const auto& [a, v] : row) {
    if (plan_.axes[a].path != "method") continue;
    merge(tree, plan_.values[a][v].node);
    method = v;
  }
  for (const std::size_t a : order_)
    if (chosen[a] && plan_.axes[a].path != "method" && plan_.axes[a].path != "repetition")
      merge(node_at_path(tree, plan_.axes[a].path, [&](std::size_t) { return plan_.axes[a].position; }),
            chosen[a]->node);
  if (tuned) apply_tuned(tree, *plan_.tunes.at(method), *tuned);
  for (const Node::Entry& entry : plan_.fixed)
    node_at_path(tree, entry.key, [&](std::size_t) { return entry.position; }) = entry.value;
  return tree;
}

void Grid::keep_shared(Node& tree, std::uint64_t seed, const Position& position) const {
  if (plan_.shared.empty()) return;
  if (!tree.find("seeds")) tree.set("seeds", Node::make_map(position));
  Node& seeds = *tree.find("seeds");
  for (const std::string& part : plan_.shared)
    if (seeds.is_map() && !seeds.find(part)) seeds.set(part, Node::make_scalar(std::to_string(seed), position));
}

std::uint64_t Grid::seed_of(std::uint64_t seed, const StudyPlan::Value& repetition) const {
  const std::uint64_t r = *to_index(repetition.node);
  return plan_.seeds_are_given ? r : repetition_seed(seed, r);
}

Node Grid::tree(std::size_t cell, const Node* tuned) const {
  const Row chosen = row(cells_[cell]);
  Node tree = config_of_row(chosen, tuned);
  const auto repetition = std::find_if(chosen.begin(), chosen.end(),
                                       [&](const auto& pair) { return plan_.axes[pair.first].path == "repetition"; });
  if (repetition == chosen.end()) return tree;
  const auto seed = seed_in(tree);
  if (!seed) return tree;  // the resolver complains
  const StudyPlan::Value& value = plan_.values[repetition->first][repetition->second];
  keep_shared(tree, *seed, value.node.position);
  const std::uint64_t own = seed_of(*seed, value);
  if (own != *seed) tree.set("seed", Node::make_scalar(std::to_string(own), value.node.position));
  return tree;
}

TunedSetting Grid::setting(const Row& row, const std::shared_ptr<const TuneRules>& rules) const {
  TunedSetting setting;
  for (const auto& [a, v] : row) setting.labels[plan_.axes[a].label] = plan_.axes[a].values[v];
  setting.rules = rules;
  setting.tree = config_of_row(row, nullptr);
  const std::uint64_t seed = seed_in(setting.tree).value_or(1);
  keep_shared(setting.tree, seed, rules->position);
  std::set<std::uint64_t> used = {seed};
  for (std::size_t a = 0; a < plan_.axes.size(); ++a)
    if (plan_.axes[a].path == "repetition")
      for (const StudyPlan::Value& value : plan_.values[a]) used.insert(seed_of(seed, value));
  for (std::uint64_t draw = 1; setting.seeds.size() < rules->repetitions; ++draw)
    if (const std::uint64_t held_out = tuning_seed(seed, draw); used.insert(held_out).second)
      setting.seeds.push_back(held_out);
  return setting;
}

/// Cells that differ in the repetition alone have tuned values in common.
void Grid::find_settings(std::vector<Diagnostic>& diagnostics) {
  if (plan_.tunes.empty()) return;
  std::map<Row, std::size_t> known;
  for (const std::size_t cell : cells_) {
    Row setting_row;
    std::size_t method = StudyPlan::no_method;
    for (const auto& [a, v] : row(cell)) {
      if (plan_.axes[a].path == "method") method = v;
      if (plan_.axes[a].path != "repetition") setting_row.emplace_back(a, v);
    }
    setting_of_.emplace_back();
    const auto rules = plan_.tunes.find(method);
    if (rules == plan_.tunes.end()) continue;
    const auto [at, is_new] = known.emplace(setting_row, settings_.size());
    setting_of_.back() = at->second;
    if (!is_new) continue;
    bool overlap = false;
    for (const auto& [a, v] : setting_row)
      overlap =
          overlaps(*rules->second, plan_.axes[a].path, plan_.axes[a].position, "is an axis", diagnostics) || overlap;
    if (!overlap) settings_.push_back(setting(setting_row, rules->second));
  }
}

std::vector<std::pair<Node, Node>> Grid::values_alone() const {
  std::vector<std::pair<Node, Node>> result;
  for (std::size_t a = 0; a < plan_.axes.size(); ++a) {
    const StudyAxis& axis = plan_.axes[a];
    if (axis.path == "method" || axis.path == "repetition") continue;
    for (const StudyPlan::Value& value : plan_.values[a]) {
      Node tree = base_;
      try {
        merge(node_at_path(tree, axis.path, [&](std::size_t) { return axis.position; }), value.node);
        result.emplace_back(value.node, std::move(tree));
      } catch (const ConfigError&) {  // a path that leads nowhere
      }
    }
  }
  return result;
}

std::vector<std::size_t> Grid::cover() const {
  std::set<std::pair<std::size_t, std::size_t>> seen;
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    bool is_new = false;
    for (const auto& pair : row(cells_[i])) is_new = seen.insert(pair).second || is_new;
    if (is_new) result.push_back(i);
  }
  return result;
}

std::uint64_t repetition_seed(std::uint64_t seed, std::uint64_t repetition) {
  // 53 bits, so that a seed can be written into a config again.
  return repetition == 1 ? seed : Stream(seed, "study/repetition").word(repetition) >> 11U;
}

std::uint64_t tuning_seed(std::uint64_t seed, std::uint64_t draw) {
  return Stream(seed, "study/tune").word(draw) >> 11U;
}

}  // namespace tightrope
