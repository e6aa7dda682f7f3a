// What came out: the summary, the verdicts, the runs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/report/cell_words.hpp"
#include "core/report/page/html.hpp"
#include "core/report/sections/sections.hpp"
#include "core/report/text.hpp"
#include "core/study/remarks.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_runs = 2000, most_reasons = 12;

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

}  // namespace

std::string paper_section(const StoredRun& run) {
  if (!run.paper) return "";
  const PaperNote& paper = *run.paper;
  std::string title = fmt::format("<cite>{}</cite>", escaped(paper.title, 300));
  if (paper.link.starts_with("https://")) title = fmt::format("<a href=\"{}\">{}</a>", escaped(paper.link, 300), title);
  std::string whose;
  for (const std::string& part : {escaped(paper.authors, 300), title, escaped(paper.published, 200)})
    if (!part.empty()) whose += (whose.empty() ? "" : ", ") + part;
  const std::string seen = fmt::format("<p>What is to be seen: {}.</p>\n", escaped(paper.shows, 300));
  if (paper.authors.empty()) return seen;  // an experiment of our own
  return seen + fmt::format("<p class=\"soft\">{} {} of {}.</p>\n",
                            paper.is == "replica" ? "Replica of" : "Derived from", escaped(paper.source, 200), whose);
}

std::string summary_section(const StoredRun& run, const Summary& summary) {
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

std::string remarks_section(const StoredRun& run) {
  std::string html;
  for (const std::vector<std::string>& texts : {warnings_of(run), costly_observers(run)})
    for (const std::string& text : texts) html += fmt::format("<p>{}</p>\n", escaped(sentence(text)));
  return html;
}

std::string claims_section(const StoredRun& run) {
  if (run.claims.empty()) return "";
  std::string html = "<table><thead><tr>" + head("Verdict", false) + head("Claim", false) + head("Measured", false) +
                     "</tr></thead><tbody>\n";
  for (const StoredClaim& claim : run.claims)
    html += fmt::format("<tr><td class=\"{}\">{}</td><td>{}</td><td>{}</td></tr>\n", claim.holds ? "holds" : "fails",
                        claim.holds ? "✓ holds" : "✗ is false", escaped(claim.text), escaped(claim.measured));
  return "<h2>Claims</h2>\n" + scrolling("Claims", html + "</tbody></table>");
}

std::string runs_section(const StoredRun& run, const Summary& summary) {
  const bool is_study = run.cells.size() > 1 || !run.missing.empty();
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
            cell(passes_text(own.counters.passes())) + cell(fmt::format("{:.3g}", own.seconds));
    for (const std::string& column : summary.columns) {
      const auto at = own.trace.find(column);
      html += cell(at ? number(own.trace.last(*at)) : "–");
    }
    if (has_kept) html += cell(own.kept ? escaped(worded(kept_in_words(own)), 400) : "–", false);
    if (is_study) html += fmt::format("<td title=\"{}\">{}</td>", own.key, own.key.substr(0, 12));
    html += "</tr>\n";
  }
  html += "</tbody></table>";
  if (!is_study) return "<h2>The run</h2>\n" + scrolling("The run", html);
  std::string section = fmt::format(
      "<h2>Runs</h2>\n<details><summary>Each of the {} runs with its end</summary>{}{}</details>\n", run.cells.size(),
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

}  // namespace tightrope
