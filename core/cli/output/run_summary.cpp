#include "core/cli/output/run_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>

#include "core/cli/output/documents.hpp"
#include "core/cli/output/progress.hpp"
#include "core/cli/verb.hpp"
#include "core/report/tables/summary_tables.hpp"
#include "core/report/text.hpp"
#include "core/store/cells/printed.hpp"
#include "core/study/findings/remarks.hpp"

namespace tightrope::cli {

namespace {

constexpr std::size_t most_rows = 60;    // of the table on the terminal
constexpr std::size_t most_printed = 5;  // lines of a run that failed

/// "60 × 40 matrix of rank 3 from 1,500 measurements, factorization rank 20", "the problem symmetric_approximation"
std::string task_of(const StoredCell& cell) {
  const Sizes& sizes = cell.sizes;
  const Node* const problem = cell.spec.find("problem");
  const Node* const type = problem && problem->is_map() ? problem->find("type") : nullptr;
  if (sizes.rows == 0) return fmt::format("the problem {}", type ? type->scalar : "");
  std::string text = fmt::format("{} × {} matrix", sizes.rows, sizes.cols);
  if (sizes.true_rank && *sizes.true_rank < std::min(sizes.rows, sizes.cols))
    text += fmt::format(" of rank {}", *sizes.true_rank);
  return text + fmt::format(" from {}, factorization rank {}", counted(sizes.measurements, "measurement"), sizes.rank);
}

/// One row for each setting, its repetitions summed up.
void print_settings(const StoredRun& run) {
  const Summary summary = summarize(run);
  const std::string text =
      table_of_settings(summary, summary.columns.empty() ? "" : summary.columns.front()).text("table");
  std::size_t end = 0, rows = 0;
  while (end < text.size() && rows <= most_rows) {
    end = text.find('\n', end) + 1;
    ++rows;
  }
  std::cout << text.substr(0, end);
  const auto left = std::count(text.begin() + static_cast<long>(end), text.end(), '\n');
  if (left > 0) std::cout << "  … and " << left << " more\n";
}

/// One row for each run.
void print_runs(const StoredRun& run) {
  std::vector<std::string> header = {"run", "end", "iterations", "passes", "seconds"};
  std::vector<std::string> columns;
  if (!run.cells.empty()) {
    const Trace& trace = run.cells.front().trace;
    for (const Index c : prominent_columns(trace))
      if (columns.size() < 3) columns.push_back(trace.columns[c].name);
  }
  header.insert(header.end(), columns.begin(), columns.end());
  Table table(header);
  for (std::size_t i = 0; i < std::min(run.cells.size(), most_rows); ++i) {
    const StoredCell& cell = run.cells[i];
    std::vector<std::string> row = {values_in_words(cell.labels), to_string(cell.end.end_class),
                                    std::to_string(cell.end.iteration), number(cell.counters.passes()),
                                    number(cell.seconds)};
    for (const std::string& column : columns) {
      const auto own = cell.trace.find(column);
      row.push_back(own ? number(cell.trace.last(*own)) : "–");
    }
    table.add(row);
  }
  for (const Missing& cell : run.missing) {
    if (cell.kind == Missing::Kind::skipped) continue;
    std::vector<std::string> row(header.size(), "–");
    row[0] = values_in_words(cell.labels);
    row[1] = to_string(cell.kind);
    if (run.missing.size() <= most_rows) table.add(row);
  }
  std::cout << table.text("table");
  if (run.cells.size() > most_rows) std::cout << "  … and " << run.cells.size() - most_rows << " more\n";
}

void print_table(const StoredRun& run) {
  const bool is_repeated =
      std::ranges::any_of(run.cells, [](const StoredCell& cell) { return cell.labels.contains(repetition_label); });
  is_repeated ? print_settings(run) : print_runs(run);
  for (const StoredCell& cell : run.cells)
    if (cell.end.end_class != EndClass::converged && cell.end.end_class != EndClass::limit)
      std::cout << "  " << values_in_words(cell.labels) << ": " << sentence(cell.end.reason) << "\n";
  for (const Missing& cell : run.missing)
    if (cell.kind == Missing::Kind::failed) {
      std::cout << "  " << values_in_words(cell.labels) << " failed: " << cell.reason << "\n";
      for (const std::string& line : last_printed(run.folder, cell.key, most_printed))
        std::cout << "    it printed: " << line << "\n";
    }
  if (const std::size_t count = count_printed(run.folder); count > 0)
    std::cout << "  What plugins printed in " << counted(count, "run") << " is in " << (run.folder / "printed").string()
              << ".\n";
}

/// How data files were read; each sentence once.
void print_notes(const StoredRun& run) {
  constexpr std::size_t most_notes = 12;
  std::vector<std::string> notes;
  for (const StoredCell& cell : run.cells)
    if (const Node* own = cell.provenance.find("notes"))
      for (const Node& note : own->items)
        if (std::ranges::find(notes, note.scalar) == notes.end()) notes.push_back(note.scalar);
  for (std::size_t i = 0; i < std::min(most_notes, notes.size()); ++i) std::cout << "  " << notes[i] << ".\n";
  if (notes.size() > most_notes) std::cout << "  … and " << notes.size() - most_notes << " more\n";
}

}  // namespace

void print_summary(const StoredRun& run, std::size_t stored_before, double seconds) {
  std::cout << run.name << ": ";
  // The first of each type of problem says what it is about.
  std::map<std::string, std::string> tasks;
  for (const StoredCell& cell : run.cells) tasks.try_emplace(cell.sizes.rows > 0 ? "" : task_of(cell), task_of(cell));
  std::string about;
  for (const auto& [type, task] : tasks) about += (about.empty() ? "" : "; ") + task;
  if (!about.empty()) std::cout << about << ".\n";
  if (!run.is_study && !run.missing.empty()) {
    std::cout << sentence(run.missing.front().reason) << "\n";
    return;
  }
  if (run.cells.size() == 1 && run.missing.empty()) {
    const StoredCell& cell = run.cells.front();
    std::cout << "  " << to_string(cell.end.end_class) << ": " << sentence(cell.end.reason) << "\n  Final "
              << telling_numbers(cell.trace, 4) << ".\n";
  } else {
    print_table(run);
  }
  Real passes = 0;
  Real computing = 0;
  bool has_sensing = run.cells.empty(), has_problems = false;
  Real bytes = 0;
  for (const StoredCell& cell : run.cells) {
    passes += cell.counters.passes();
    computing += cell.seconds;
    bytes += cell.bytes;
    (cell.sizes.rows > 0 ? has_sensing : has_problems) = true;
  }
  if (!run.tuned.empty()) std::cout << "Tuned\n" << tuned_lines(run.tuned);
  print_notes(run);
  if (stored_before > 0)
    std::cout << "  " << (stored_before == run.cells.size() ? "All" : std::to_string(stored_before)) << " of "
              << run.cells.size() << (run.cells.size() == 1 ? " run was" : " runs were") << " stored already.\n";
  std::cout << "  " << duration(seconds) << " in all; " << duration(computing) << " of computing: "
            << (passes < 10 ? number(passes) + (passes == 1 ? " pass" : " passes")
                            : counted(static_cast<Index>(std::llround(passes)), "pass"))
            << (!has_problems ? " over the operator"
                : has_sensing ? " over operators and data"
                              : " over the data");
  // Of passes that runs share, time and bytes are divided among them, so the quotient is that of the computer.
  if (bytes > 0 && computing > 0) std::cout << fmt::format(", {:.1f} GB/s", bytes / computing / 1e9);
  std::cout << ".\n";
  for (const std::string& text : costly_observers(run)) std::cout << "  " << sentence(text) << "\n";
  if (!run.claims.empty()) {
    std::cout << "Claims\n";
    for (const StoredClaim& claim : run.claims)
      std::cout << "  " << (claim.holds ? "✓ " : "✗ ") << claim.text << (claim.holds ? "" : " is FALSE")
                << " (measured: " << claim.measured << ")\n";
  }
}

}  // namespace tightrope::cli
