// One row for each run, and why some did not end well.
#include <fmt/format.h>

#include <algorithm>

#include "core/report/cell_words.hpp"
#include "core/report/section.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_runs = 2000, most_reasons = 12;

bool has_several(const StoredRun& run) { return run.cells.size() > 1 || !run.missing.empty(); }

std::string table_of_runs(const StoredRun& run, const Summary& summary) {
  const bool is_study = has_several(run);
  std::string html = "<table><thead><tr>";
  if (is_study) html += head("Run", false);
  html += head("End", false) + head("Iterations") + head("Passes") + head("Seconds");
  for (const std::string& column : summary.columns) html += head(escaped(worded(column)));
  const bool has_kept =
      is_study && std::any_of(run.cells.begin(), run.cells.end(), [](const StoredCell& own) { return own.kept; });
  if (has_kept) html += head("Kept", false);
  if (is_study) html += head("Key", false);
  html += "</tr></thead><tbody>\n";
  for (std::size_t i = 0; i < std::min(run.cells.size(), most_runs); ++i) {
    const StoredCell& own = run.cells[i];
    html += "<tr>";
    if (is_study) html += cell(escaped(name_of(own.labels), 200), false);
    html += cell(to_string(own.end.end_class), false) + cell(std::to_string(own.end.iteration)) +
            cell(number(own.counters.passes())) + cell(number(own.seconds));
    for (const std::string& column : summary.columns) {
      const auto at = own.trace.find(column);
      html += cell(at ? number(own.trace.last(*at)) : "–");
    }
    if (has_kept) html += cell(own.kept ? escaped(worded(kept_in_words(own)), 400) : "–", false);
    if (is_study) html += fmt::format("<td title=\"{}\">{}</td>", own.key, own.key.substr(0, 12));
    html += "</tr>\n";
  }
  html += "</tbody></table>";
  if (!is_study) return scrolling("The run", html);
  std::string section = fmt::format(
      "<details><summary>Each of the {} runs with its end</summary>{}{}</details>\n", run.cells.size(),
      scrolling("Runs", html), run.cells.size() > most_runs ? fmt::format("<p>The first {} runs.</p>", most_runs) : "");
  section +=
      "<p class=\"soft\">Runs that share an operator advance together; the time of a joint pass is divided among "
      "them.</p>\n";
  std::vector<std::string> reasons;
  for (const StoredCell& own : run.cells)
    if (own.end.end_class != EndClass::converged && own.end.end_class != EndClass::limit)
      reasons.push_back(
          fmt::format("{}, {}: {}", name_of(own.labels), to_string(own.end.end_class), sentence(own.end.reason)));
  for (const Missing& missing : run.missing)
    if (missing.kind == Missing::Kind::failed)
      reasons.push_back(fmt::format("{}, failed: {}", name_of(missing.labels), sentence(missing.reason)));
  std::map<std::string, std::size_t> skipped;
  for (const Missing& missing : run.missing)
    if (missing.kind == Missing::Kind::skipped) ++skipped[missing.reason];
  for (const auto& [reason, count] : skipped)
    reasons.push_back(fmt::format("{} skipped: {}", counted(count, "cell"), sentence(reason)));
  std::string list;
  for (std::size_t i = 0; i < std::min(reasons.size(), most_reasons); ++i)
    list += "<li>" + escaped(reasons[i], 600) + "</li>\n";
  if (reasons.size() > most_reasons)
    list += fmt::format("<li>… and {} more; see the ends in the table.</li>\n", reasons.size() - most_reasons);
  if (!list.empty())
    section += fmt::format("<details><summary>Why {} did not end well</summary><ul class=\"key\">{}</ul></details>\n",
                           counted(reasons.size(), "run"), list);
  return section;
}

}  // namespace

ReportSection runs_report_section() {
  return {110, [](const Content& page) { return has_several(page.run) ? "Runs" : "The run"; },
          [](const Content& page) { return table_of_runs(page.run, page.summary); }};
}

}  // namespace tightrope
