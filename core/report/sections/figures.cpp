// Curves, medians over one axis, maps over two, and profiles.
#include <fmt/format.h>

#include <algorithm>

#include "core/report/figures/curves/curves.hpp"
#include "core/report/page/figure_html.hpp"
#include "core/report/section.hpp"

namespace tightrope {

namespace {

/// How curves over repetitions are to be read.
std::string how_to_read(const Summary& summary) {
  std::size_t most = 0;
  for (const Setting& setting : summary.settings) most = std::max<std::size_t>(most, setting.runs);
  if (most < 2) return "";
  return fmt::format(
      "<p class=\"soft\">Each curve is the median over the repetitions ({} at most), its band lies between the "
      "quartiles. Between two recorded values a run is interpolated. A run that has ended keeps its last value; one "
      "that "
      "diverged or failed counts from then on as worse than every number, and × marks where so many have that there is "
      "no median "
      "any more.</p>\n",
      most);
}

/// The choice of the clock that all figures of the page follow; those that do not know flow time keep to iterations.
std::string clock_switch(const StoredRun& run) {
  std::string html = "<fieldset class=\"scripted\"><legend>Count in</legend>";
  const std::vector<Clock> clocks = clocks_of(run);
  for (std::size_t k = 0; k < clocks.size(); ++k)
    html += fmt::format("<label><input type=\"radio\" name=\"clock\" value=\"{}\" data-clock=\"{}\"{}> {}</label>",
                        to_string(clocks[k]), k, k ? "" : " checked", in_words(clocks[k], run));
  return html +
         "</fieldset>\n<noscript><style>.scripted{display:none!important}.static{display:block}</style></noscript>\n";
}

template <class List, class Html>
std::string group_of(const char* heading, const List& figures, const Html& html_of, const std::string& how = "") {
  if (figures.empty()) return "";
  std::string html = fmt::format("<h3>{}</h3>\n{}<div class=\"pair\">\n", heading, how);
  for (const auto& figure : figures) html += html_of(figure);
  return html + "</div>\n";
}

std::string all_figures(const Content& page) {
  const Figures& figures = page.figures;
  const auto drawn = [](const auto& figure) { return drawing_html(figure); };
  return clock_switch(page.run) +
         group_of("Curves", figures.curves, interactive_html, page.run.is_study ? how_to_read(page.summary) : "") +
         group_of("Over one axis", figures.along_axes, drawn) + group_of("Maps", figures.maps, drawn) +
         group_of("Over all problems", figures.profiles, drawn);
}

}  // namespace

ReportSection figures_report_section() {
  return {60, [](const Content&) { return "Figures"; }, all_figures};
}

}  // namespace tightrope
