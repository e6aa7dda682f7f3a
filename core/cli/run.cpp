// tightrope run: from a config to results, a summary and a report.
#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <map>

#include "core/cli/progress.hpp"
#include "core/cli/verb.hpp"
#include "core/engine/engine.hpp"
#include "core/report/report.hpp"

namespace tightrope::cli {

namespace {

using Lanes = std::vector<std::unique_ptr<Lane>>;

std::string label_of(const std::map<std::string, std::string>& labels) {
  std::string text;
  for (const auto& [axis, value] : labels) text += (text.empty() ? "" : ", ") + value;
  return text;
}

nlohmann::ordered_json document(const Experiment& experiment, const std::filesystem::path& out, const Lanes& lanes,
                                const std::vector<StoredClaim>& claims) {
  nlohmann::ordered_json json = {{"name", experiment.name},
                                 {"out", out.string()},
                                 {"cells", nlohmann::ordered_json::array()},
                                 {"claims", nlohmann::ordered_json::array()}};
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const Lane& lane = *lanes[i];
    nlohmann::ordered_json metrics = nlohmann::ordered_json::object();
    for (Index c = 0; c < lane.trace().columns.size(); ++c)
      metrics[lane.trace().columns[c].name] = json_number(lane.trace().last(c));
    json["cells"].push_back({{"key", experiment.cells[i].key},
                             {"labels", experiment.cells[i].labels},
                             {"end",
                              {{"class", to_string(lane.end()->end_class)},
                               {"reason", lane.end()->reason},
                               {"iteration", lane.end()->iteration}}},
                             {"metrics", metrics},
                             {"seconds", lane.seconds()}});
  }
  for (const StoredClaim& claim : claims)
    json["claims"].push_back({{"that", claim.text}, {"holds", claim.holds}, {"measured", claim.measured}});
  return json;
}

/// "a 60 × 40 matrix of rank 3 from 1,500 measurements, factorization rank 20"
std::string task_of(const Lane& lane) {
  const SensingProblem& problem = *lane.setup().problem;
  std::string text = fmt::format("a {} × {} matrix", problem.shape.rows, problem.shape.cols);
  if (problem.truth && problem.truth->rank < std::min(problem.shape.rows, problem.shape.cols))
    text += fmt::format(" of rank {}", problem.truth->rank);
  return text + fmt::format(" from {} measurements, factorization rank {}", grouped(problem.op->measurements()),
                            lane.setup().objective->model().rank());
}

std::string sentence(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

void print_summary(const Experiment& experiment, const Lanes& lanes, const std::vector<StoredClaim>& claims,
                   double seconds, const std::filesystem::path& report) {
  std::cout << experiment.name << ": " << task_of(*lanes.front()) << ".\n";
  if (lanes.size() == 1) {
    const Lane& lane = *lanes.front();
    std::cout << "  " << to_string(lane.end()->end_class) << ": " << sentence(lane.end()->reason) << "\n  Final "
              << telling_numbers(lane.trace(), 4) << ".\n";
  } else {
    std::vector<std::string> header = {"run", "end", "iterations", "passes", "seconds"};
    std::vector<Index> columns = prominent_columns(lanes.front()->trace());
    columns.resize(std::min<std::size_t>(columns.size(), 3));
    for (const Index c : columns) header.push_back(lanes.front()->trace().columns[c].name);
    Table table(header);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      const Lane& lane = *lanes[i];
      std::vector<std::string> row = {label_of(experiment.cells[i].labels), to_string(lane.end()->end_class),
                                      std::to_string(lane.end()->iteration), std::to_string(lane.counters().passes()),
                                      fmt::format("{:.2f}", lane.seconds())};
      for (const Index c : columns) {
        const auto own = lane.trace().find(lanes.front()->trace().columns[c].name);
        row.push_back(own ? human(lane.trace().last(*own)) : "–");
      }
      table.add(row);
    }
    std::cout << table.text("table");
    for (std::size_t i = 0; i < lanes.size(); ++i)
      if (lanes[i]->end()->end_class != EndClass::converged && lanes[i]->end()->end_class != EndClass::limit)
        std::cout << "  " << label_of(experiment.cells[i].labels) << ": " << sentence(lanes[i]->end()->reason) << "\n";
  }
  Index passes = 0;
  Real computing = 0;
  Real bytes = 0;  // what lanes share counts once
  for (const auto& lane : lanes) {
    passes += lane->counters().passes();
    computing += lane->seconds();
    bytes += lane->bytes_streamed();
  }
  std::cout << "  " << human_seconds(seconds) << " in all, " << human_seconds(computing)
            << " of them computing: " << grouped(passes) << " passes over the operator";
  if (bytes > 0 && computing > 0)
    std::cout << fmt::format(", {:.3g} GB streamed at {:.1f} GB/s", bytes / 1e9, bytes / computing / 1e9);
  std::cout << ".\n";
  if (!claims.empty()) {
    std::cout << "Claims\n";
    for (const StoredClaim& claim : claims)
      std::cout << "  " << (claim.holds ? "✓ " : "✗ ") << claim.text << (claim.holds ? "" : " is FALSE")
                << " (measured: " << claim.measured << ")\n";
  }
  if (!report.empty()) std::cout << "Report: " << report.string() << "\n";
}

/// The lanes of all cells; those of a study whose parts do not fit together are left out, with a line for each reason.
Lanes suitable_lanes(Experiment& experiment, const std::shared_ptr<const Team>& team) {
  if (!experiment.is_study) return build_lanes(experiment, team);
  std::map<std::size_t, UnsuitableCell> skipped;
  Lanes lanes =
      build_lanes(experiment, team, [&](std::size_t i, const UnsuitableCell& reason) { skipped.emplace(i, reason); });
  if (skipped.size() == lanes.size()) throw UnsuitableCell(skipped.begin()->second);
  std::map<std::string, std::size_t> reasons;
  for (auto cell = skipped.rbegin(); cell != skipped.rend(); ++cell) {
    ++reasons[cell->second.reason()];
    experiment.cells.erase(experiment.cells.begin() + static_cast<std::ptrdiff_t>(cell->first));
    lanes.erase(lanes.begin() + static_cast<std::ptrdiff_t>(cell->first));
  }
  for (const auto& [reason, count] : reasons)
    std::cerr << fmt::format("tightrope: {} {} skipped: {}\n", count, count == 1 ? "cell is" : "cells are", reason);
  return lanes;
}

Exit run(const Call& call) {
  const auto start = std::chrono::steady_clock::now();
  const Node tree = read_layers(call, call.positional[0]);
  const Catalog catalog = make_catalog(call, &tree);
  Experiment experiment = resolve_experiment(tree, catalog, read_selection(call));
  if (call.has("out") && call.get<std::string>("out").empty())
    throw Error(Exit::config, "--out must name a folder for the results, but it is empty");
  const std::filesystem::path out = call.has("out") ? std::filesystem::path(call.get<std::string>("out"))
                                                    : std::filesystem::path("results") / experiment.name;
  const auto team = make_team(call);
  Lanes lanes = suitable_lanes(experiment, team);
  prepare_output(out);  // not before all is known to be right: a refused run leaves nothing behind
  Progress progress(experiment.name, call.quiet);
  Engine([&](const Lanes& all) { progress.show(all); }).run(lanes);
  progress.finish();

  for (std::size_t i = 0; i < lanes.size(); ++i) publish_cell(out, experiment.cells[i], *lanes[i]);
  std::vector<ClaimSubject> subjects;
  for (std::size_t i = 0; i < lanes.size(); ++i) subjects.push_back({experiment.cells[i].labels, &lanes[i]->trace()});
  std::vector<StoredClaim> claims;
  for (const Claim& claim : experiment.claims) {
    const Verdict verdict = judge(claim, subjects);
    claims.push_back({claim.text, verdict.measured, verdict.holds});
  }
  publish_run(out, experiment, claims);
  std::filesystem::path report;
  if (!call.has("no-report")) {
    std::vector<CellExtras> extras;
    for (const auto& lane : lanes)
      extras.push_back({lane->setup().problem->truth, std::make_shared<const Mat>(lane->iterate().X.dense())});
    write_report(read_run(out), extras);
    report = out / "report.html";
  }

  bool fine = true;
  for (const StoredClaim& claim : claims) fine = fine && claim.holds;
  for (const auto& lane : lanes)
    fine = fine && lane->end()->end_class != EndClass::diverged && lane->end()->end_class != EndClass::failed;
  if (call.format == "json")
    std::cout << document(experiment, out, lanes, claims).dump(2) << "\n";
  else if (!call.quiet)
    print_summary(experiment, lanes, claims,
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), report);
  return fine ? Exit::ok : Exit::claim_false;
}

}  // namespace

Verb run_verb() {
  return {"run",
          "FILE",
          "run an experiment: results, summary and report",
          "Writes to results/NAME unless --out says otherwise. Exit codes: 0 all good, 1 a run diverged or a claim is\n"
          "false, 2 usage or config, 3 plugin, 4 damaged results, 5 memory, disk or permission.",
          [](po::options_description& options) {
            declare_config_options(options);
            declare_selection_options(options);
            options.add_options()("out,o", po::value<std::string>()->value_name("DIR"), "folder for the results");
            declare_thread_option(options);
            options.add_options()("no-report", "write no report.html and no figures");
          },
          {"table", "json"},
          1,
          1,
          run};
}

}  // namespace tightrope::cli
