// tightrope check: is a config right?
#include <fmt/format.h>

#include <iostream>

#include "core/claims/judging/judge.hpp"
#include "core/cli/outside_plugins.hpp"
#include "core/cli/papers.hpp"
#include "core/report/text.hpp"
#include "core/study/tuner.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope::cli {

namespace {

void check(const Call& call, const fs::path& file) {
  const Node tree = read_layers(call, file);
  const Catalog catalog = make_catalog(call, &tree);
  const Experiment experiment = resolve_experiment(tree, catalog, read_selection(call));
  examine_outside_plugins(call, experiment);
  std::vector<Labels> labels;
  for (const CellSpec& cell : experiment.cells) labels.push_back(cell.labels);
  for (const std::string& sentence : too_few_repetitions(experiment.claims, labels))
    std::cerr << "tightrope: warning: " << sentence << "\n";
  const Index trials = Tuner(experiment, catalog).budget();
  if (!call.quiet)
    std::cout << fmt::format("{} is fine: {}, {}{}.\n", input_name(file), counted(experiment.cells.size(), "run"),
                             counted(experiment.claims.size(), "claim"),
                             trials > 0 ? fmt::format(", {} before them", counted(trials, "trial")) : "");
}

}  // namespace

Verb check_verb() {
  return {"check",
          "FILE",
          "check a config, or all of a folder, without running it",
          "Reads and resolves FILE and its layers and reports every error in it. Nothing is computed or written.\n"
          "Exit codes: 0 all is right, 2 errors in the config, 3 a plugin that cannot be used.",
          [](po::options_description& options) {
            declare_config_options(options);
            declare_selection_options(options);
          },
          {},
          1,
          1,
          [](const Call& call) {
            const fs::path target = located_config(call.positional[0]);
            for (const fs::path& file : configs_of(target)) check(call, file);
            return Exit::ok;
          }};
}

}  // namespace tightrope::cli
