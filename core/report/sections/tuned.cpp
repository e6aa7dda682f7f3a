// What trials have chosen for whom, and what each was given to choose.
#include <fmt/format.h>

#include <algorithm>

#include "core/report/page/figure_html.hpp"
#include "core/report/section.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_open = 24;  // settings; more are folded away

std::string chosen_values(const StoredRun& run) {
  if (run.tuned.empty()) return "";
  const auto same = [&](auto member) {
    return std::all_of(run.tuned.begin(), run.tuned.end(),
                       [&](const Tuned& own) { return own.*member == run.tuned.front().*member; });
  };
  const std::string trials = counted(run.tuned.front().trials, "trial");
  const std::string budget =
      !same(&Tuned::trials) ? "What each setting was given is in the table."
      : same(&Tuned::iterations)
          ? fmt::format("Each setting was given the same: {}, {} in all.", trials,
                        counted(run.tuned.front().iterations, "iteration"))
          : fmt::format("Each setting was given the same: {}; those that end early need fewer iterations.", trials);
  std::string html = "<table><thead><tr>" + head("Setting", false) + head("Parameter", false) + head("Value") +
                     head("Chosen for", false) + head("Median there") + head("Values tried") + head("Trials") +
                     head("Iterations") + head("Passes") + head("Remark", false) + "</tr></thead><tbody>\n";
  for (const Tuned& own : run.tuned)
    html += "<tr>" + cell(own.labels.empty() ? "all runs" : escaped(name_of(own.labels), 200), false) +
            cell(escaped(own.path, 80), false) + cell(escaped(own.value_text(), 80)) +
            cell(escaped(worded(own.goal), 120), false) + cell(own.merit ? number(*own.merit) : "–") +
            cell(std::to_string(own.values)) + cell(std::to_string(own.trials)) + cell(std::to_string(own.iterations)) +
            cell(std::to_string(own.passes)) + cell(own.note.empty() ? "" : escaped(sentence(own.note), 200), false) +
            "</tr>\n";
  html = scrolling("Tuned values", html + "</tbody></table>");
  if (run.tuned.size() > most_open)
    html = fmt::format("<details><summary>Each of the {} settings</summary>{}</details>\n", run.tuned.size(), html);
  return fmt::format("<p>Chosen by trials on seeds that the study itself does not use. {}</p>\n{}", budget, html);
}

/// What the other values would have been worth.
std::string sensitivity(const Figures& figures) {
  std::string html;
  for (const Figure& figure : figures.sensitivity) html += drawing_html(figure);
  for (const PhaseDiagram& diagram : figures.sensitivity_maps) html += drawing_html(diagram);
  return html.empty() ? "" : "<div class=\"pair\">\n" + html + "</div>\n";
}

}  // namespace

ReportSection tuned_report_section() {
  return {80, [](const Content&) { return "Tuned values"; },
          [](const Content& page) {
            const std::string table = chosen_values(page.run);
            return table.empty() ? "" : table + sensitivity(page.figures);
          }};
}

}  // namespace tightrope
