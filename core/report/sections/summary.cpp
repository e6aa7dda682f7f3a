// How a run ended, or how many runs of a study ended how.
#include <fmt/format.h>

#include <algorithm>

#include "core/report/cell_words.hpp"
#include "core/report/section.hpp"

namespace tightrope {

namespace {

/// "12 converged, 3 reached their limit"
std::string ends_in_words(const std::map<EndClass, Index>& of) {
  std::string text;
  std::size_t i = 0;
  for (const auto& [end, count] : of) {
    text += i == 0 ? "" : i + 1 == of.size() ? " and " : ", ";
    ++i;
    text += fmt::format(
        "{} {}", count,
        end == EndClass::limit ? (count == 1 ? "reached its limit" : "reached their limit") : to_string(end));
  }
  return text;
}

std::string what_came_out(const StoredRun& run, const Summary& summary) {
  std::string html;
  if (run.cells.size() == 1 && run.missing.empty()) {
    const StoredCell& only = run.cells.front();
    html += fmt::format("<p>{}", escaped(sentence(only.end.reason)));
    std::string numbers;
    for (const std::string& column : summary.columns)
      if (const auto at = only.trace.find(column))
        numbers +=
            fmt::format("{}{} {}", numbers.empty() ? "" : ", ", escaped(worded(column)), number(only.trace.last(*at)));
    if (!numbers.empty()) html += fmt::format(" At the end: {}.", numbers);
    html += "</p>\n";
    if (const std::string kept = kept_in_words(only); !kept.empty())
      html += fmt::format("<p>Kept: {}.</p>\n", escaped(worded(kept)));
    if (const std::string marks = marks_in_words(only.trace); !marks.empty())
      html += fmt::format("<p>Marks: {}.</p>\n", escaped(marks));
  } else {
    std::map<EndClass, Index> all;
    std::size_t runs = 0, most = 0, skipped = 0, unfinished = 0, reached = 0, judged = 0;
    for (const Setting& setting : summary.settings) {
      runs += setting.runs;
      most = std::max<std::size_t>(most, setting.runs);
      for (const auto& [end, count] : setting.ends) all[end] += count;
      if (setting.success) {
        reached += setting.success->reached;
        judged += setting.success->count;
      }
    }
    for (const Missing& missing : run.missing) {
      skipped += missing.kind == Missing::Kind::skipped ? 1 : 0;
      unfinished += missing.kind == Missing::Kind::unfinished ? 1 : 0;
    }
    html += "<p>" + counted(runs, "run");
    if (summary.methods.size() > 1) html += fmt::format(" of {} methods", summary.methods.size());
    if (summary.settings.size() > summary.methods.size())
      html += fmt::format(" in {} settings", summary.settings.size());
    if (most > 1) html += fmt::format(", each repeated {} times", most);
    html += fmt::format(": {}.", ends_in_words(all));
    if (summary.criterion && judged > 0)
      html += fmt::format(" {} of {} runs reached {}.", reached, judged, escaped(worded(summary.criterion->text())));
    if (skipped > 0)
      html += fmt::format(" {} skipped, as their parts do not fit together.",
                          skipped == 1 ? "One cell was" : fmt::format("{} cells were", skipped));
    if (unfinished > 0)
      html += fmt::format(" {} not finished.", unfinished == 1 ? "One run is" : fmt::format("{} runs are", unfinished));
    html += "</p>\n";
  }
  const auto holding =
      std::count_if(run.claims.begin(), run.claims.end(), [](const StoredClaim& claim) { return claim.holds; });
  if (!run.claims.empty())
    html += static_cast<std::size_t>(holding) == run.claims.size()
                ? fmt::format("<p>{} holds.</p>\n", run.claims.size() == 1
                                                        ? "The claim"
                                                        : fmt::format("Each of the {} claims", run.claims.size()))
                : fmt::format("<p>{} of {} claims hold.</p>\n", holding, run.claims.size());
  return html;
}

}  // namespace

ReportSection summary_report_section() {
  return {20, nullptr, [](const Content& page) { return what_came_out(page.run, page.summary); }};
}

}  // namespace tightrope
