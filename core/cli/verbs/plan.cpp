// tightrope plan: the cells of a config, which of them are there already, and what the others will take.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>

#include "core/base/limits.hpp"
#include "core/cli/papers.hpp"
#include "core/cli/ranks.hpp"
#include "core/experiment/operator_key.hpp"
#include "core/experiment/operator_size.hpp"
#include "core/operators/dense_operator.hpp"
#include "core/operators/entry_operator.hpp"
#include "core/store/cells/checkpoint.hpp"
#include "core/store/files/json.hpp"
#include "core/study/predict.hpp"
#include "core/study/tuner.hpp"
#include "core/study/workers/workers.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope::cli {

namespace {

constexpr std::size_t most_rows = 100;  // of the table on the terminal

struct Planned {
  const CellSpec* cell = nullptr;
  bool is_trial = false;
  std::string state = "new", reason;
  bool predicted = false;
  Real passes = 0, seconds = 0;
  double operator_bytes = 0, lane_bytes = 0, trace_bytes = 0, state_bytes = 0;
  Index parts = 0;             // of the operator, for ranks; 0 where they cannot share it
  double bytes_of_a_pass = 0;  // that each rank hands on: factors and a gradient
};

/// A network as many have it.
constexpr double latency = 20e-6, bandwidth = 1e9, segment = 64 << 10;  // seconds, bytes a second, bytes

/// What the runs would take on several ranks, each with as many threads as here.
struct OnRanks {
  Index count = 0;
  double seconds = 0, bytes = 0;  // of a rank, at the most
  bool can_be = true;
};

OnRanks on_ranks(Index count, const std::vector<Planned>& cells) {
  OnRanks all{count};
  const auto others = static_cast<double>(count - 1);
  for (const Planned& planned : cells) {
    if (!planned.predicted) continue;
    all.can_be = all.can_be && planned.parts > 0;
    if (planned.parts == 0) continue;
    const double share = static_cast<double>((planned.parts + count - 1) / count) / static_cast<double>(planned.parts);
    all.seconds += planned.seconds * share + planned.passes * (2 * planned.bytes_of_a_pass / bandwidth +
                                                               others * (latency + segment / bandwidth));
    all.bytes = std::max(all.bytes, planned.operator_bytes * share + planned.lane_bytes);
  }
  return all;
}

/// The trace at the end, as it is while the lane runs: a row for each iteration at which somebody looks.
double trace_bytes(const Lane& lane) {
  const Index iterations = lane.setup().stop.iterations.value_or(0), counted = std::min<Index>(iterations, 100000);
  const auto& watches = lane.setup().watches;
  double rows = 1;
  for (Index i = 1; i <= counted; ++i)
    rows += std::ranges::any_of(
        watches, [i](const ScheduledObserver& watch) { return watch.recorded && watch.schedule.due(i); });
  if (counted > 0) rows *= static_cast<double>(iterations) / static_cast<double>(counted);
  return rows * (8 * static_cast<double>(lane.trace().columns.size() + 1) + 48);
}

/// What a lane keeps: point, gradient and direction with their successors and low-rank pairs, predictions, its trace.
double bytes_of(const Lane& lane) {
  double factors = 0;
  for (const Mat& block : lane.setup().start.blocks) factors += static_cast<double>(block.n_elem);
  const SensingProblem* const problem = lane.setup().problem.get();
  const double data = problem ? static_cast<double>(problem->data.n_elem) : 0;
  const double kept = problem && problem->op->predictions_are_optional() ? 1 : 4;
  return 8 * (12 * factors + kept * data) + trace_bytes(lane);
}

/// What the lanes of one operator took when they were tried.
struct Group {
  std::size_t lanes = 0;
  double operator_bytes = 0;
  double peak = 0;    // beyond what the program took before
  double held = 0;    // at the end of that
  double growth = 0;  // of traces, in the iterations that were not tried
};

/// Memory that this process holds, and the most that it has held since the last reset(); bytes.
class Resident {
 public:
  static double now() { return number("VmRSS:"); }
  static double most() { return number("VmHWM:"); }
  static void reset() {
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5";  // where the kernel has none of it, the most is that of all time
  }

 private:
  static double number(const std::string& name) {
    std::ifstream status("/proc/self/status");
    double kilobytes = 0;
    for (std::string word; status >> word;)
      if (word == name && status >> kilobytes) return 1024 * kilobytes;
    return 0;
  }
};

/// Fills in what all iterations of lanes that share an operator would take.
void predict_all(const std::vector<std::unique_ptr<Lane>>& lanes, const std::vector<Planned*>& planned) {
  const auto predictions = predict(lanes);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    if (!lanes[i]) continue;
    const Lane& lane = *lanes[i];
    // As a checkpoint does, for the memory.
    const std::string state = lane.state(), file = state;
    Planned& plan = *planned[i];
    plan.state_bytes = static_cast<double>(file.size());
    plan.predicted = true;
    plan.passes = predictions[i]->passes;
    plan.seconds = predictions[i]->seconds;
    plan.operator_bytes = lane.setup().problem ? static_cast<double>(lane.setup().problem->op->bytes()) : 0;
    plan.lane_bytes = bytes_of(lane);
    if (lane.setup().problem) {
      const MeasurementOperator* const op = lane.setup().problem->op.get();
      Index factors = 0;
      for (const Mat& block : lane.setup().start.blocks) factors += block.n_elem;
      if (const auto* const dense = dynamic_cast<const DenseOperator*>(op)) {
        plan.parts = dense->parts();
        plan.bytes_of_a_pass = 8 * static_cast<double>(factors + op->shape().entries());
      } else if (const auto* const of_entries = dynamic_cast<const EntryOperator*>(op)) {
        plan.parts = of_entries->parts();
        plan.bytes_of_a_pass = 8 * static_cast<double>(factors + op->measurements());
      }
    }
    plan.trace_bytes = trace_bytes(lane);
  }
}

/// Makes the operators one after another, each once.
std::map<std::string, Group> try_cells(std::vector<Planned>& cells, const Experiment& experiment,
                                       const std::shared_ptr<const Team>& team) {
  std::map<std::string, Group> tried;
  std::map<std::string, std::vector<Planned*>> groups;
  std::vector<std::string> order;
  for (Planned& planned : cells) {
    if (planned.state == "cached") continue;
    auto& group = groups[operator_key(*planned.cell)];
    if (group.empty()) order.push_back(operator_key(*planned.cell));
    group.push_back(&planned);
  }
  for (const std::string& name : order) {
    const std::vector<Planned*>& group = groups.at(name);
    Experiment part;
    part.name = experiment.name;
    part.is_study = experiment.is_study;
    part.success = experiment.success;
    for (const Planned* planned : group) part.cells.push_back(*planned->cell);
    SkipListener skip;
    if (experiment.is_study)
      skip = [&](std::size_t i, const UnsuitableCell& reason) {
        group[i]->state = "skipped";
        group[i]->reason = reason.reason();
      };
    try {
      Resident::reset();
      const double before = Resident::now();
      const auto lanes = build_lanes(part, team, skip);
      predict_all(lanes, group);
      Group& own = tried[name];
      own.peak = std::max(0.0, Resident::most() - before);
      malloc_trim(0);
      own.held = std::max(0.0, Resident::now() - before);
      for (const Planned* planned : group)
        if (planned->predicted) {
          ++own.lanes;
          own.operator_bytes = planned->operator_bytes;
          own.growth += planned->trace_bytes;
        }
    } catch (const Error& error) {
      if (error.code() != Exit::resources) throw;
      for (Planned* planned : group) {
        planned->state = "too large";
        planned->reason = error.what();
      }
    } catch (const std::bad_alloc&) {
      for (Planned* planned : group) {
        planned->state = "too large";
        planned->reason = "its operator and its factors do not fit into memory: " + memory_limit().text();
      }
    }
  }
  return tried;
}

struct Totals {
  std::map<std::string, std::size_t> states;
  Real passes = 0, seconds = 0;
  double bytes = 0;  // the most that all processes together hold at a time
};

/// The peak of the whole command: all workers at a time beside the program that waits for them, or that program when it
/// writes the report. `bare` is what the program takes with its plugins, before any cell.
double peak_of(const std::vector<Planned>& cells, const std::map<std::string, Group>& groups, bool is_study,
               const Workforce& force, double bare) {
  constexpr double page = 3.5e6, cell_record = 85e3;  // of the report as such, of a stored cell without its trace
  constexpr double most_lanes = 32;
  double traces = 0, held = 0, state = 0, computing = bare;
  for (const Planned& planned : cells) {
    traces += planned.trace_bytes;
    state = std::max(state, planned.state_bytes);
  }
  std::vector<double> batches;
  for (const auto& [name, group] : groups) {
    const double lanes = static_cast<double>(group.lanes), extra = std::max(0.0, group.peak - group.operator_bytes);
    if (!is_study) {
      held = group.held + group.growth;
      computing += group.peak + group.growth;
    }
    const double wanted = groups.size() >= 2 * std::size_t{force.workers} ? 1 : force.workers;
    const double parts = std::max(1.0, std::min(lanes, std::max(wanted, std::ceil(lanes / most_lanes))));
    for (double part = 0; part < parts; ++part)
      batches.push_back(bare + group.operator_bytes + (extra + group.growth) / parts);
  }
  std::sort(batches.rbegin(), batches.rend());
  for (std::size_t i = 0; is_study && i < std::min<std::size_t>(batches.size(), force.workers); ++i)
    computing += batches[i];
  // The report holds traces as numbers and as text, and files are read whole; a plain run still holds its lane.
  const double reading = state * static_cast<double>(std::min<std::size_t>(default_threads(), cells.size()));
  const double reporting =
      bare + held + reading + page + cell_record * static_cast<double>(cells.size()) + 2.5 * traces;
  return 1.04 * std::max(computing, reporting);
}

Totals totals_of(const std::vector<Planned>& cells) {
  Totals totals;
  for (const Planned& planned : cells) {
    ++totals.states[planned.state];
    totals.passes += planned.passes;
    totals.seconds += planned.seconds;
  }
  return totals;
}

/// What `run` does where nobody says how many workers there are to be.
Workforce workforce_of(const std::vector<Planned>& cells, const Experiment& experiment, const CellStore& shelf,
                       const std::shared_ptr<const Team>& team) {
  if (!experiment.is_study) return {1, team->threads(), ""};
  StudyOptions options;
  options.workers = experiment.rules.solo ? 1 : default_threads();
  options.threads = std::max(1U, default_threads() / options.workers);
  std::vector<const CellSpec*> open;
  for (const Planned& planned : cells)
    if (!shelf.has(*planned.cell)) open.push_back(planned.cell);
  return workforce(open, options, false, team->threads(), team);
}

nlohmann::ordered_json document(const std::vector<Planned>& cells, const Experiment& experiment, const fs::path& out,
                                const Totals& totals, const Workforce& force, bool quick) {
  nlohmann::ordered_json json = {{"name", experiment.name}, {"out", out.string()}};
  json["axes"] = nlohmann::ordered_json::array();
  for (const StudyAxis& axis : experiment.axes)
    json["axes"].push_back({{"label", axis.label}, {"path", axis.path}, {"values", axis.values}});
  json["cells"] = nlohmann::ordered_json::array();
  if (!experiment.settings.empty()) json["trials"] = nlohmann::ordered_json::array();
  for (const Planned& planned : cells) {
    nlohmann::ordered_json cell = {
        {"labels", planned.cell->labels}, {"key", planned.cell->key}, {"state", planned.state}};
    if (!planned.reason.empty()) cell["reason"] = planned.reason;
    if (planned.predicted) {
      cell["passes"] = json_number(planned.passes);
      cell["seconds"] = json_number(planned.seconds);
      cell["operator_bytes"] = json_number(planned.operator_bytes);
      cell["lane_bytes"] = json_number(planned.lane_bytes);
    }
    json[planned.is_trial ? "trials" : "cells"].push_back(std::move(cell));
  }
  json["states"] = totals.states;
  json["workers"] = {{"count", force.workers}, {"threads", force.threads}, {"reason", force.reason}};
  if (!quick) {
    json["passes"] = json_number(totals.passes);
    json["seconds"] = json_number(totals.seconds);
    json["memory_bytes"] = json_number(totals.bytes);
  }
  return json;
}

Table table_of(const std::vector<Planned>& cells, const Experiment& experiment, bool quick, std::size_t rows) {
  std::vector<std::string> header, labels;
  for (const StudyAxis& axis : experiment.axes) labels.push_back(axis.label);
  for (const Planned& planned : cells)
    for (const auto& [label, value] : planned.cell->labels)
      if (planned.is_trial && std::ranges::find(labels, label) == labels.end()) labels.push_back(label);
  header = labels;
  header.emplace_back("state");
  if (!quick) header.insert(header.end(), {"passes", "memory", "time"});
  Table table(header);
  for (std::size_t i = 0; i < std::min(rows, cells.size()); ++i) {
    const Planned& planned = cells[i];
    std::vector<std::string> row;
    for (const std::string& name : labels) {
      const auto label = planned.cell->labels.find(name);
      row.push_back(label == planned.cell->labels.end() ? "–" : label->second);
    }
    row.push_back(planned.state);
    if (!quick && planned.predicted)
      row.insert(row.end(), {grouped(static_cast<Index>(std::ceil(planned.passes))),
                             bytes_text(planned.operator_bytes + planned.lane_bytes), duration(planned.seconds)});
    else if (!quick)
      row.insert(row.end(), {"–", "–", "–"});
    table.add(row);
  }
  return table;
}

Exit plan(const Call& call) {
  const Node tree = read_layers(call, single_config(call));
  const Catalog catalog = make_catalog(call, &tree);
  const Selection selection = read_selection(call);
  Experiment resolved = resolve_experiment(tree, catalog, selection);
  const fs::path out = call.has("out") ? fs::path(call.text("out")) : fs::path("results") / resolved.name;
  const TuningState settled = resolve_with_tuning(std::move(resolved), tree, catalog, selection, out);
  const Experiment& experiment = settled.experiment;
  std::vector<Planned> cells;
  for (const Experiment* part : {&settled.trials, &experiment})
    for (const CellSpec& cell : part->cells) {
      cells.emplace_back().cell = &cell;
      cells.back().is_trial = part == &settled.trials;
    }
  const CellStore shelf(out);
  for (Planned& planned : cells) {
    const CellSpec& cell = *planned.cell;
    if (cell.needs_tuning()) {
      planned.state = "waits";
      planned.reason = "a value is chosen by trials first";
    } else if (shelf.has(cell)) {
      planned.state = "cached";
    } else if (has_checkpoint(out, cell) || shelf.longest_prefix(cell)) {
      planned.state = "to continue";
    }
  }
  const bool quick = call.has("quick");
  const auto team = make_team(call);
  const Workforce force = workforce_of(cells, experiment, shelf, team);
  std::map<std::string, Group> groups;
  const double bare = Resident::now();
  if (!quick) groups = try_cells(cells, experiment, team);

  Totals totals = totals_of(cells);
  if (!groups.empty()) totals.bytes = peak_of(cells, groups, experiment.is_study, force, bare);
  const OnRanks ranks = call.has("ranks") ? on_ranks(wanted_ranks(call), cells) : OnRanks{};
  if (call.format == "json") {
    auto json = document(cells, experiment, out, totals, force, quick);
    if (ranks.count > 0 && !quick && ranks.can_be)
      json["ranks"] = {
          {"count", ranks.count}, {"seconds", json_number(ranks.seconds)}, {"memory_bytes", json_number(ranks.bytes)}};
    std::cout << pretty(json);
  } else if (call.format != "table") {
    std::cout << table_of(cells, experiment, quick, cells.size()).text(call.format);
  } else {
    std::cout << table_of(cells, experiment, quick, most_rows).text("table");
    if (cells.size() > most_rows) std::cout << "… and " << grouped(cells.size() - most_rows) << " more\n";
    std::map<std::string, std::size_t> reasons;
    for (const Planned& planned : cells)
      if (!planned.reason.empty()) ++reasons[planned.state + ": " + planned.reason];
    for (const auto& [reason, count] : reasons)
      std::cout << reason << (count > 1 ? fmt::format(" ({} cells)\n", count) : "\n");
    std::string states;
    for (const auto& [state, count] : totals.states) states += fmt::format(", {} {}", grouped(count), state);
    std::cout << counted(cells.size(), "cell") + states;
    if (totals.seconds > 0)
      std::cout << fmt::format(": at most {} passes, {} and about {} of memory",
                               grouped(static_cast<Index>(std::ceil(totals.passes))), duration(totals.seconds),
                               bytes_text(totals.bytes));
    std::cout << ".\n";
    if (experiment.is_study && totals.seconds > 0 && !call.quiet)
      std::cout << fmt::format("{} with {}{}{}.\n", counted(force.workers, "worker"), counted(force.threads, "thread"),
                               force.workers == 1 ? "" : " each", force.reason.empty() ? "" : ": " + force.reason);
    if (ranks.count > 0 && totals.seconds > 0)
      std::cout << (ranks.can_be
                        ? fmt::format(
                              "On {}: about {} and {} each, where a message takes {:g} µs and a second carries {}.\n",
                              counted(ranks.count, "rank"), duration(ranks.seconds), bytes_text(ranks.bytes),
                              1e6 * latency, bytes_text(bandwidth))
                        : "Not all of these operators can be shared by ranks.\n");
    if (const std::size_t trials = settled.trials.cells.size(); trials > 0 && !call.quiet)
      std::cout << fmt::format("The first {} are trials; {} at the most choose the values that the others wait for.\n",
                               grouped(trials), grouped(settled.budget));
    if (totals.seconds > 0 && !call.quiet)
      std::cout << fmt::format(
          "Predicted from the first {} iterations of each cell, with {}; no stop rule but the limits counts.\n",
          trial_iterations, counted(team->threads(), "thread"));
  }
  const bool nothing = totals.states.count("skipped") && totals.states.at("skipped") == cells.size();
  if (nothing)
    throw Error(Exit::config,
                fmt::format("no cell of {} makes sense: {}", input_name(call.positional[0]), cells.front().reason));
  return Exit::ok;
}

}  // namespace

Verb plan_verb() {
  return {
      "plan",
      "FILE",
      "list the cells of a config, and what they will take",
      "States: new; waits, a value is chosen by trials first; cached, its result is in the folder of results; to\n"
      "continue, from a checkpoint or a shorter run; skipped, its parts do not fit together; too large for the "
      "memory.\n"
      "Every operator is made once and the first iterations of each cell are run, for the time, the passes over the\n"
      "operator and the memory. Nothing is written.",
      [](po::options_description& options) {
        declare_config_options(options);
        declare_selection_options(options);
        options.add_options()("out,o", text("DIR"), "folder of the results (default: results/NAME)");
        declare_thread_option(options);
        options.add_options()("ranks", text("P"), "say what the runs would take on so many ranks, too");
        options.add_options()("quick", "make and try nothing: the cells and what is cached, without predictions");
      },
      {"table", "json", "markdown", "csv", "latex"},
      1,
      1,
      plan};
}

}  // namespace tightrope::cli
