// tightrope show: a stored run in words and numbers, or a config with the origin of each value.
#include <iostream>

#include "core/cli/output/documents.hpp"
#include "core/cli/output/progress.hpp"
#include "core/cli/papers.hpp"
#include "core/cli/verb.hpp"
#include "core/report/cell_words.hpp"
#include "core/store/cells/key_difference.hpp"
#include "core/store/files/files.hpp"
#include "core/store/files/json.hpp"
#include "core/store/files/lock.hpp"
#include "core/store/index.hpp"
#include "core/study/tuner.hpp"

namespace tightrope::cli {

namespace {

Exit show_resolved(const Call& call) {
  const Node tree = read_layers(call, single_config(call));
  const Experiment experiment = resolve_experiment(tree, make_catalog(call, &tree), read_selection(call));
  const auto origin = [](const Node& node) {
    return node.position.file.empty() ? std::string("default") : node.position.text();
  };
  for (const CellSpec& cell : experiment.cells) {
    for (const auto& [axis, value] : cell.labels)
      std::cout << (&cell == &experiment.cells.front() ? "" : "---\n") << "# " << axis << ": " << value << "\n";
    if (cell.needs_tuning())
      std::cout << "# the value that 'tune' speaks of is chosen by trials; a candidate stands here\n";
    std::cout << to_yaml(cell.resolved, origin);
  }
  return Exit::ok;
}

/// Why the cells of a config are not stored in the folder, one paragraph each.
Exit show_why_new(const Call& call) {
  const std::filesystem::path out = call.positional[0];
  const Node tree = read_layers(call, located_config(call.text("why-new")));
  const Catalog catalog = make_catalog(call, &tree);
  const Selection selection = read_selection(call);
  check_readable(out);
  if (std::error_code ignored; !std::filesystem::exists(out / "cells", ignored))
    throw Error(Exit::config, out.string() + " holds no runs");
  const TuningState settled =
      resolve_with_tuning(resolve_experiment(tree, catalog, selection), tree, catalog, selection, out);
  // Cells that wait for trials follow from these.
  const Experiment& experiment = settled.trials.cells.empty() ? settled.experiment : settled.trials;
  std::size_t stored = 0;
  for (const CellSpec& cell : experiment.cells) {
    const std::vector<std::string> lines = key_differences(out, cell);
    if (lines.empty() && ++stored) continue;
    std::cout << (cell.labels.empty() ? experiment.name : values_in_words(cell.labels)) << "\n";
    for (const std::string& line : lines) std::cout << "  " << line << "\n";
  }
  if (stored > 0) std::cout << stored << " of " << experiment.cells.size() << " stored\n";
  return Exit::ok;
}

Exit show_answer(const Call& call) {
  const std::filesystem::path out = call.positional[0];
  check_readable(out);
  if (std::error_code ignored; !std::filesystem::exists(out / "cells", ignored))
    throw Error(Exit::config, out.string() + " holds no runs");
  // While a study runs there, its own process keeps the table.
  if (Lock::holder(out) == 0) {
    const Lock lock(out);
    refresh_index(out);
  }
  const auto rows = ask_index(out, call.text("sql"));
  Table table(rows.front());
  for (std::size_t i = 1; i < rows.size(); ++i) table.add(rows[i]);
  if (call.format != "json") {
    std::cout << table.text(call.format);
    return Exit::ok;
  }
  Json json = Json::array();
  for (std::size_t i = 1; i < rows.size(); ++i) {
    Json row = Json::object();
    for (std::size_t c = 0; c < rows[i].size(); ++c) row[rows[0][c]] = rows[i][c];
    json.push_back(std::move(row));
  }
  std::cout << pretty(json);
  return Exit::ok;
}

Exit show(const Call& call) {
  if (call.has("why-new")) return show_why_new(call);
  if (call.has("sql")) return show_answer(call);
  if (call.has("resolved")) return show_resolved(call);
  const StoredRun run = read_run(call.positional[0]);
  if (call.format == "json") {
    std::cout << pretty(document_of(run));
    return noting_changed_data(run);
  }
  std::cout << run.name << ": " << run.cells.size() << (run.cells.size() == 1 ? " run" : " runs") << " in "
            << run.folder.string() << "\n";
  for (const StoredCell& cell : run.cells) {
    std::cout << "\n";
    for (const auto& [axis, value] : cell.labels) std::cout << axis << " " << value << "\n";
    std::cout << to_string(cell.end.end_class) << ": " << cell.end.reason << "\n";
    if (const std::string kept = kept_in_words(cell); !kept.empty()) std::cout << "kept: " << kept << "\n";
    if (const std::string marks = marks_in_words(cell.trace); !marks.empty()) std::cout << "marks: " << marks << "\n";
    for (const std::string& warning : cell.warnings) std::cout << "warning: " << warning << "\n";
    Table table({"column", "first", "last", "meaning"});
    for (Index c = 0; c < cell.trace.columns.size(); ++c) {
      const Column& column = cell.trace.columns[c];
      table.add({column.name, number(cell.trace.rows.empty() ? std::nan("") : cell.trace.rows.front()[c]),
                 number(cell.trace.last(c)), column.description});
    }
    std::cout << table.text(call.format);
  }
  if (!run.tuned.empty()) std::cout << "\nTuned\n" << tuned_lines(run.tuned);
  if (!run.claims.empty()) std::cout << "\n";
  for (const StoredClaim& claim : run.claims)
    std::cout << (claim.holds ? "✓ " : "✗ ") << claim.text << (claim.holds ? "" : " is FALSE")
              << " (measured: " << claim.measured << ")\n";
  return noting_changed_data(run);
}

}  // namespace

Verb show_verb() {
  return {"show",
          "RUN [--why-new FILE | --sql QUESTION] | --resolved FILE",
          "show a stored run, or a config with the origin of every value",
          "RUN is the folder that 'run' has written, e.g. results/quickstart; its files are checked against their "
          "digests.\n"
          "Exit code 4 if one of them, or a data file, has changed since.\n"
          "Layers of a config, each over the one before: defaults of the plugins, FILE, -c FILE from left to right,\n"
          "TIGHTROPE_SET, --set.",
          [](po::options_description& options) {
            options.add_options()("resolved",
                                  "take FILE for a config and print it with all defaults, each value with its origin");
            options.add_options()("why-new", text("FILE"),
                                  "say in what the runs that FILE asks for differ from the nearest ones stored in RUN");
            options.add_options()("sql", text("QUESTION"),
                                  "ask the table of stored runs, e.g. \"SELECT labels->>'method', "
                                  "metrics->>'relative_error' FROM runs\"");
            declare_config_options(options);
            declare_selection_options(options);
          },
          {"table", "json", "markdown", "csv", "latex"},
          1,
          1,
          show};
}

}  // namespace tightrope::cli
