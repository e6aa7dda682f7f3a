#include "core/study/tuner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "core/claims/judging/judge.hpp"
#include "core/statistics/statistics.hpp"

namespace tightrope {

namespace {

namespace fs = std::filesystem;

constexpr Real infinity = std::numeric_limits<Real>::infinity();
constexpr const char* held_out_label = "held out";

/// Four digits, so that what is chosen can be written in a file.
Real short_number(Real value) { return *to_real(Node::make_scalar(fmt::format("{:.3e}", value), {})); }

Real finite_or_infinite(Real value) { return std::isnan(value) ? infinity : value; }

std::string text_of(const Node& value) { return value.is_scalar() ? value.scalar : to_json(value); }

/// Of a candidate, what it holds for one of the paths.
const Node& value_of(const Node& candidate, const TuneRules& rules, const TuneRules::TunedPath& at) {
  return rules.paths.size() == 1 ? candidate : *candidate.find(at.path);
}

void check_goal(const TuneRules& rules, const Trace& trace) {
  std::vector<std::string> columns;
  for (const Column& column : trace.columns) columns.push_back(column.name);
  if (!trace.find(rules.goal.column))
    throw ConfigError(
        {{rules.goal_position, fmt::format("tune speaks of the column '{}', which the run does not record{}",
                                           rules.goal.column, did_you_mean(rules.goal.column, columns))}});
}

/// Whose last value tells trials apart.
std::string judged_column(const TuneRules& rules) { return rules.bisection ? "objective" : rules.goal.column; }

bool is_stable(const StoredCell& cell) {
  const auto objective = cell.trace.find("objective");
  if (cell.end.end_class == EndClass::diverged || !objective || cell.trace.rows.empty()) return false;
  return cell.trace.rows.back()[*objective] <= cell.trace.rows.front()[*objective];
}

}  // namespace

Tuner::Tuner(const Experiment& experiment, const Catalog& catalog) : experiment_(experiment), catalog_(catalog) {
  for (const TunedSetting& setting : experiment.settings) {
    Search& search = searches_.emplace_back();
    search.setting = &setting;
    search.result.labels = setting.labels;
    search.result.path = setting.rules->path();
    search.result.goal = setting.rules->bisection ? "largest stable value" : setting.rules->goal.text();
  }
}

Index Tuner::budget() const {
  Index trials = 0;
  for (const Search& search : searches_) trials += search.setting->rules->budget() * search.setting->rules->repetitions;
  return trials;
}

std::vector<Tuned> Tuner::results() const {
  std::vector<Tuned> results;
  for (const Search& search : searches_) results.push_back(search.result);
  return results;
}

std::vector<TriedValues> Tuner::trials() const {
  std::vector<TriedValues> all;
  for (const Search& search : searches_) {
    const TuneRules& rules = *search.setting->rules;
    TriedValues& own = all.emplace_back();
    own.labels = search.setting->labels;
    own.column = judged_column(rules);
    for (const TuneRules::TunedPath& at : rules.paths) {
      own.paths.push_back(at.path);
      own.chosen.push_back(to_real(value_of(search.result.value, rules, at)).value_or(std::nan("")));
    }
    for (const Candidate& candidate : search.candidates) own.values.push_back({candidate.numbers, candidate.last});
  }
  return all;
}

const Experiment& Tuner::open(const fs::path& out) {
  for (;; close(out)) {
    if (!round_) start_round();
    const CellStore shelf(out);
    const bool all =
        std::all_of(round_->cells.begin(), round_->cells.end(), [&](const CellSpec& cell) { return shelf.has(cell); });
    if (round_->cells.empty() || !all) return *round_;
  }
}

/// The values to be tried next, behind those that are judged.
void Tuner::propose(Search& search) const {
  const TuneRules& rules = *search.setting->rules;
  const auto add = [&](const Node& value) {
    std::vector<Real> numbers;
    for (const TuneRules::TunedPath& at : rules.paths)
      numbers.push_back(to_real(value_of(value, rules, at)).value_or(std::nan("")));
    search.candidates.push_back({value, std::move(numbers), 0, 0, true});
  };
  if (search.candidates.empty())
    for (const Node& value : rules.candidates()) add(value);
  else
    add(Node::make_scalar(shortest(short_number(std::sqrt(*search.stable * *search.unstable))),
                          rules.bisection->position));
}

void Tuner::start_round() {
  round_.emplace();
  round_->name = experiment_.name;
  round_->is_study = true;
  trials_.clear();
  std::vector<std::pair<Node, Labels>> trees;
  for (std::size_t s = 0; s < searches_.size(); ++s) {
    Search& search = searches_[s];
    if (search.chosen) continue;
    propose(search);
    const TunedSetting& setting = *search.setting;
    for (std::size_t c = search.judged; c < search.candidates.size(); ++c)
      for (std::size_t draw = 0; draw < setting.seeds.size(); ++draw) {
        const Node& value = search.candidates[c].value;
        Node tree = setting.tree;
        tree.set("seed", Node::make_scalar(std::to_string(setting.seeds[draw]), setting.rules->position));
        if (setting.rules->stop)
          for (const Node::Entry& rule : setting.rules->stop->entries)
            if (Node* stop = tree.find("stop"); stop && stop->is_map()) stop->set(rule.key, rule.value);
        apply_tuned(tree, *setting.rules, value);
        Labels labels = setting.labels;
        for (const TuneRules::TunedPath& at : setting.rules->paths) {
          const std::string label = at.path.substr(at.path.rfind('.') + 1);
          labels[labels.count(label) ? at.path : label] = text_of(value_of(value, *setting.rules, at));
        }
        labels[held_out_label] = std::to_string(draw + 1);
        trees.emplace_back(std::move(tree), std::move(labels));
        trials_.push_back({s, c});
      }
  }
  round_->cells = resolve_cells(trees, catalog_);
}

void Tuner::close(const fs::path& out) {
  const CellStore shelf(out);
  std::vector<std::vector<std::vector<std::optional<StoredCell>>>> stored(searches_.size());
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    auto& of_search = stored[trials_[i].search];
    of_search.resize(searches_[trials_[i].search].candidates.size());
    auto& cells = of_search[trials_[i].candidate];
    cells.emplace_back();
    if (shelf.has(round_->cells[i])) cells.back() = read_cell(out / "cells" / folder_name(round_->cells[i]));
  }
  round_.reset();
  for (std::size_t s = 0; s < searches_.size(); ++s)
    if (!searches_[s].chosen) judge(searches_[s], stored[s]);
}

void Tuner::judge(Search& search, const std::vector<std::vector<std::optional<StoredCell>>>& trials) const {
  const TuneRules& rules = *search.setting->rules;
  for (; search.judged < search.candidates.size(); ++search.judged) {
    Candidate& candidate = search.candidates[search.judged];
    std::vector<Real> merits, last;
    for (const std::optional<StoredCell>& cell : trials[search.judged]) {
      ++search.result.trials;
      const bool is_lost = !cell || cell->end.end_class == EndClass::diverged;
      candidate.is_stable = candidate.is_stable && !is_lost && is_stable(*cell);
      if (cell) {
        search.result.iterations += cell->end.iteration;
        search.result.passes += static_cast<Index>(std::llround(cell->counters.passes()));
      }
      if (cell && !rules.bisection) check_goal(rules, cell->trace);
      const auto column = is_lost ? std::nullopt : cell->trace.find(judged_column(rules));
      last.push_back(column ? finite_or_infinite(cell->trace.last(*column)) : infinity);
      if (rules.bisection) continue;
      const Measured merit = is_lost ? Measured::more_than(0) : tightrope::measure(rules.goal, cell->trace);
      merits.push_back(merit.is_number() ? finite_or_infinite(merit.low) : infinity);
    }
    ++search.result.values;
    candidate.last = *median(last);
    if (rules.bisection) {
      (candidate.is_stable ? search.stable : search.unstable) = candidate.numbers.front();
      continue;
    }
    candidate.merit = *median(merits);
  }
  if (rules.bisection)
    choose_stable(search);
  else
    choose(search);
}

void Tuner::choose(Search& search) const {
  // The last value decides where runs do not get there, and only there; of equals the smaller value wins.
  const auto key = [](const Candidate& of) {
    return std::tuple(of.merit, std::isfinite(of.merit) ? 0 : of.last, of.numbers);
  };
  const auto best = std::min_element(search.candidates.begin(), search.candidates.end(),
                                     [&](const Candidate& a, const Candidate& b) { return key(a) < key(b); });
  search.chosen = search.result.value = best->value;
  search.result.merit = best->merit;
  std::vector<std::string> notes;
  if (!std::isfinite(best->last))
    notes.emplace_back("no value worked: all trials diverged or failed");
  else if (!std::isfinite(best->merit))
    notes.emplace_back("no value got there in half of the trials: the smallest last value decided");
  const TuneRules& rules = *search.setting->rules;
  for (std::size_t k = 0; k < rules.paths.size() && std::isfinite(best->last); ++k) {
    const auto [least, most] =
        std::minmax_element(search.candidates.begin(), search.candidates.end(),
                            [&](const auto& a, const auto& b) { return a.numbers[k] < b.numbers[k]; });
    if (rules.paths[k].values.size() == 1) continue;
    const bool is_most = best->numbers[k] == most->numbers[k], is_least = best->numbers[k] == least->numbers[k];
    if (is_most || is_least)
      notes.push_back(fmt::format(
          "the best {}, {}, is the {} that was tried", rules.paths.size() == 1 ? "value" : rules.paths[k].path,
          text_of(value_of(best->value, rules, rules.paths[k])), is_most ? "largest" : "smallest"));
  }
  search.result.note = fmt::format("{}", fmt::join(notes, "; "));
}

void Tuner::choose_stable(Search& search) const {
  const TuneRules::Bisection& rules = *search.setting->rules->bisection;
  if (search.stable && search.unstable && search.candidates.size() < rules.trials) {
    const Real middle = short_number(std::sqrt(*search.stable * *search.unstable));
    if (middle > *search.stable && middle < *search.unstable) return;  // the next round
  }
  if (!search.stable)
    search.result.note = fmt::format("even the smallest value, {}, was not stable", shortest(rules.low));
  else if (!search.unstable)
    search.result.note = fmt::format("even the largest value, {}, was stable", shortest(rules.high));
  else if (*search.stable == rules.low)
    search.result.note =
        fmt::format("of the values that were tried only the smallest, {}, was stable", shortest(rules.low));
  const Real value = search.stable ? short_number(*search.stable * rules.take) : rules.low;
  search.chosen = search.result.value = Node::make_scalar(shortest(value), rules.position);
}

TuningState resolve_with_tuning(Experiment experiment, const Node& tree, const Catalog& catalog,
                                const Selection& selection, const fs::path& out) {
  TuningState settled;
  settled.experiment = std::move(experiment);
  if (settled.experiment.settings.empty()) return settled;
  const Experiment waiting = settled.experiment;
  Tuner tuner(waiting, catalog);
  settled.budget = tuner.budget();
  settled.trials = tuner.open(out);
  if (settled.trials.cells.empty()) settled.experiment = resolve_experiment(tree, catalog, selection, tuner.results());
  return settled;
}

}  // namespace tightrope
