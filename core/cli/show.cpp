// tightrope show: a stored run in words and numbers, or a config with the origin of each value.
#include <fmt/format.h>

#include <iostream>

#include "core/cli/progress.hpp"
#include "core/cli/verb.hpp"

namespace tightrope::cli {

namespace {

Exit show_resolved(const Call& call) {
  const Node tree = read_layers(call, call.positional[0]);
  const Experiment experiment = resolve_experiment(tree, make_catalog(call, &tree), read_selection(call));
  const auto origin = [](const Node& node) {
    return node.position.file.empty() ? std::string("default") : node.position.text();
  };
  for (const CellSpec& cell : experiment.cells) {
    for (const auto& [axis, value] : cell.labels)
      std::cout << (&cell == &experiment.cells.front() ? "" : "---\n") << "# " << axis << ": " << value << "\n";
    std::cout << to_yaml(cell.resolved, origin);
  }
  return Exit::ok;
}

Exit show(const Call& call) {
  if (call.has("resolved")) return show_resolved(call);
  const StoredRun run = read_run(call.positional[0]);
  if (call.format == "json") {
    nlohmann::ordered_json json = {{"name", run.name},
                                   {"out", run.folder.string()},
                                   {"cells", nlohmann::ordered_json::array()},
                                   {"claims", nlohmann::ordered_json::array()}};
    for (const StoredCell& cell : run.cells) {
      nlohmann::ordered_json metrics = nlohmann::ordered_json::object();
      for (Index c = 0; c < cell.trace.columns.size(); ++c)
        metrics[cell.trace.columns[c].name] = json_number(cell.trace.last(c));
      json["cells"].push_back(
          {{"key", cell.key},
           {"labels", cell.labels},
           {"end",
            {{"class", to_string(cell.end.end_class)}, {"reason", cell.end.reason}, {"iteration", cell.end.iteration}}},
           {"metrics", metrics},
           {"seconds", cell.seconds}});
    }
    for (const StoredClaim& claim : run.claims)
      json["claims"].push_back({{"that", claim.text}, {"holds", claim.holds}, {"measured", claim.measured}});
    std::cout << json.dump(2) << "\n";
    return Exit::ok;
  }
  std::cout << run.name << ": " << run.cells.size() << (run.cells.size() == 1 ? " run" : " runs") << " in "
            << run.folder.string() << "\n";
  for (const StoredCell& cell : run.cells) {
    std::cout << "\n";
    for (const auto& [axis, value] : cell.labels) std::cout << axis << " " << value << "\n";
    std::cout << to_string(cell.end.end_class) << ": " << cell.end.reason << "\n";
    Table table({"column", "first", "last", "meaning"});
    for (Index c = 0; c < cell.trace.columns.size(); ++c) {
      const Column& column = cell.trace.columns[c];
      table.add({column.name, human(cell.trace.rows.empty() ? std::nan("") : cell.trace.rows.front()[c]),
                 human(cell.trace.last(c)), column.description});
    }
    std::cout << table.text(call.format);
  }
  if (!run.claims.empty()) std::cout << "\n";
  for (const StoredClaim& claim : run.claims)
    std::cout << (claim.holds ? "✓ " : "✗ ") << claim.text << (claim.holds ? "" : " is FALSE")
              << " (measured: " << claim.measured << ")\n";
  return Exit::ok;
}

}  // namespace

Verb show_verb() {
  return {"show",
          "RUN | --resolved FILE",
          "show a stored run, or a config with the origin of every value",
          "",
          [](po::options_description& options) {
            options.add_options()("resolved",
                                  "take FILE for a config and print it with all defaults, each value with its origin");
            declare_config_options(options);
            declare_selection_options(options);
          },
          {"table", "json", "markdown"},
          1,
          1,
          show};
}

}  // namespace tightrope::cli
