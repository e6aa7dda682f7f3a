// tightrope compare: methods beside each other over all settings of a study, or runs beside each other.
#include <fmt/format.h>

#include <iostream>
#include <set>

#include "core/cli/output/documents.hpp"
#include "core/cli/table_options.hpp"
#include "core/cli/verb.hpp"
#include "core/report/tables/summary_tables.hpp"

namespace tightrope::cli {

namespace {

constexpr const char* run_label = "run";

/// Names that tell the folders apart: those of the runs, or else the folders as they were typed.
std::vector<std::string> names_of(const std::vector<StoredRun>& runs, const std::vector<std::string>& folders) {
  std::set<std::string> names;
  for (const StoredRun& run : runs) names.insert(run.name);
  if (names.size() < runs.size()) return folders;
  std::vector<std::string> result;
  for (const StoredRun& run : runs) result.push_back(run.name);
  return result;
}

/// Problem and random numbers of a run, as text.
std::string setup_of(const StoredCell& cell) {
  std::string text;
  for (const char* key : {"problem", "seed", "seeds"})
    if (const Node* node = cell.spec.find(key)) text += to_json(*node, true) + "\n";
  return text;
}

/// Pairs are runs of the same problem; what several folders hold may be anything.
void warn_of_different_problems(const std::vector<StoredRun>& runs, const std::vector<std::string>& names) {
  std::map<Labels, std::pair<std::string, std::string>> first;  // labels → setup, name
  for (std::size_t i = 0; i < runs.size(); ++i)
    for (const StoredCell& cell : runs[i].cells) {
      const auto [known, is_new] = first.emplace(cell.labels, std::pair{setup_of(cell), names[i]});
      if (is_new || known->second.first == setup_of(cell)) continue;
      std::cerr << fmt::format(
          "tightrope: warning: {} and {} differ in their problem or in its random numbers, so the paired comparisons "
          "compare unlike things\n",
          known->second.second, names[i]);
      return;
    }
}

/// Several runs as one, with an axis that says which run a cell is from.
StoredRun side_by_side(const std::vector<StoredRun>& runs, const std::vector<std::string>& folders) {
  const std::vector<std::string> names = names_of(runs, folders);
  warn_of_different_problems(runs, names);
  StoredRun all;
  all.name = fmt::format("{}", fmt::join(names, ", "));
  all.is_study = true;
  StudyAxis& axis = all.axes.emplace_back();
  axis.label = axis.path = run_label;
  all.success = runs.front().success;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (std::find(folders.begin(), folders.begin() + static_cast<long>(i), folders[i]) !=
        folders.begin() + static_cast<long>(i))
      throw Error(Exit::config, fmt::format("{} is given twice", folders[i]));
    axis.values.push_back(names[i]);
    for (StoredCell cell : runs[i].cells) {
      if (cell.labels.count(run_label) > 0)
        throw Error(Exit::config, fmt::format("the study {} has an axis '{}' of its own, so it cannot be put beside "
                                              "other runs",
                                              names[i], run_label));
      cell.labels[run_label] = names[i];
      all.cells.push_back(std::move(cell));
    }
    for (Missing cell : runs[i].missing) {
      cell.labels[run_label] = names[i];
      all.missing.push_back(std::move(cell));
    }
    const auto text = [](const StoredRun& run) { return run.success ? run.success->text() : "none"; };
    if (text(runs[i]) == text(runs.front())) continue;
    std::cerr << fmt::format(
        "tightrope: warning: {} and {} do not agree on what success is ({} and {}); say it with --success\n",
        names.front(), names[i], text(runs.front()), text(runs[i]));
    all.success.reset();
  }
  return all;
}

/// The layout, for the format of the call.
TableOptions layout_of(const Call& call) {
  TableOptions options = read_layout(call);
  options.siunitx = call.has("siunitx");
  const bool is_bold_format = call.format == "markdown" || call.format == "latex";
  if (options.bold && !is_bold_format)
    throw Error(Exit::config, fmt::format("--bold goes with --format markdown or latex, not {}", call.format));
  if (options.siunitx && call.format != "latex")
    throw Error(Exit::config, fmt::format("--siunitx goes with --format latex, not {}", call.format));
  if (call.format == "json")
    for (const char* option : {"columns", "pivot", "rename"})
      if (call.has(option))
        throw Error(Exit::config, fmt::format("--{} lays out tables; json has everything as it is", option));
  return options;
}

Exit compare(const Call& call) {
  const TableOptions layout = layout_of(call);
  std::vector<StoredRun> runs;
  for (const std::string& folder : call.positional) runs.push_back(read_run(folder));
  const bool is_one = runs.size() == 1;
  StoredRun run = is_one ? std::move(runs.front()) : side_by_side(runs, call.positional);
  const Summary summary = read_summary(call, run, is_one ? std::nullopt : std::optional<std::string>(run_label));
  if (call.format == "json") {
    Json json = {{"name", run.name}};
    json.update(document_of(summary, run));
    std::cout << pretty(json);
  } else {
    check(layout, summary, summary.columns.empty() ? "" : summary.columns.front());
    std::cout << tables_of(summary, call.format, !call.quiet, layout);
  }
  return noting_changed_data(run);
}

}  // namespace

Verb compare_verb() {
  return {
      "compare",
      "RUN…",
      "compare the methods of a study, or several runs, in one table",
      "One row for each setting: how its repetitions ended, the median of their final values, how many succeeded\n"
      "and what that took. Then one row for each pair of methods: the median ratio of what the two took (below 1:\n"
      "the first took less) with Wilcoxon's signed-rank p, and how many of their pairs only one of them solved,\n"
      "with McNemar's p; all p after Holm's correction over the rows, and all from the repetitions alone, which are\n"
      "independent as settings are not. Several folders are compared as runs.\n"
      "Settings are never pooled unless --pool asks for it. --columns, --pivot, --rename, --bold and --siunitx lay "
      "out\n"
      "tables for a paper. Nothing is run: another target or another column is read off the stored traces. csv has\n"
      "the settings alone, every number in full; json has all of it and the performance profiles. Exit code 4 if a\n"
      "data file has changed since a run was made with it.",
      [](po::options_description& options) {
        declare_table_options(options);
        options.add_options()("siunitx", "numbers of LaTeX tables by the package siunitx");
      },
      {"table", "markdown", "latex", "csv", "json"},
      1,
      1000,
      compare};
}

}  // namespace tightrope::cli
