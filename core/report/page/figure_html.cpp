#include "core/report/page/figure_html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/report/page/html.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_rows = 240;   // of a table of numbers
constexpr std::size_t most_sheets = 12;  // of a figure on the page; the others are files

std::string caption(const std::string& title, const std::string& description, const std::string& note) {
  return fmt::format("<figcaption><b>{}</b>: {}.{}</figcaption>", escaped(title), formula(description),
                     note.empty() ? "" : " " + escaped(note));
}

/// Some points of each curve; where there are too many curves, of those on the first sheet.
std::string numbers_of(const Figure& figure) {
  const Plot& plot = figure.plots.front();
  std::vector<std::size_t> panels;
  std::size_t curves = 0;
  bool has_bands = false;
  for (const Sheet& sheet : sheets_of(figure, plot)) {
    if (2 * curves > most_rows) break;
    for (const auto& p : sheet.panels) {
      if (!p) continue;
      panels.push_back(*p);
      curves += plot.panels[*p].theories.size();
      for (const Series& series : plot.panels[*p].series) {
        ++curves;
        has_bands = has_bands || !series.low.empty();
      }
    }
  }
  const std::size_t each = std::clamp<std::size_t>(most_rows / std::max<std::size_t>(curves, 1), 2, 20);
  std::string html = fmt::format(
      "<details><summary>Numbers of {}</summary><div class=\"wide\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Numbers of {}\"><table><thead><tr>{}<th>Curve</th><th class=\"number\">{}</th><th "
      "class=\"number\">{}</th>{}</tr></thead><tbody>\n",
      escaped(figure.title), escaped(figure.title), figure.facets.empty() ? "" : "<th>Panel</th>",
      escaped(capitalised(plot.x_label)), has_bands ? "Median" : "Value",
      has_bands ? "<th class=\"number\">Quartiles</th>" : "");
  for (const std::size_t p : panels) {
    std::vector<const Series*> rows;
    for (const auto* list : {&plot.panels[p].series, &plot.panels[p].theories})
      for (const Series& series : *list) rows.push_back(&series);
    for (const Series* const own : rows) {
      const Series& series = *own;
      const std::size_t n = std::min(each, series.x.size());
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t i = n < 2 ? 0 : k * (series.x.size() - 1) / (n - 1);
        html += "<tr>";
        if (!figure.facets.empty()) html += fmt::format("<td>{}</td>", escaped(title_of(figure, plot.panels[p]), 200));
        html += fmt::format("<td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>",
                            escaped(series.name, 60), number(series.x[i]), number(series.y[i]));
        if (has_bands)
          html += series.low.empty() ? "<td></td>"
                                     : fmt::format("<td class=\"number\">{} to {}</td>", number(series.low[i]),
                                                   number(series.high[i]));
        html += "</tr>\n";
      }
    }
  }
  return html + "</tbody></table></div></details>\n";
}

std::string sample(const std::string& svg) {
  return "<svg width=\"30\" height=\"10\" aria-hidden=\"true\"><g transform=\"translate(2 5)\">" + svg + "</g></svg>";
}

/// Keys that show and hide curves, and what dashed lines mean.
std::string legend(const Figure& figure) {
  std::map<std::size_t, std::string> curves;
  std::vector<const Overlay*> lines;
  std::map<std::size_t, std::string> phases;
  bool has_theory = false;
  for (const Plot& plot : figure.plots)
    for (const Panel& panel : plot.panels) {
      for (const Stretch& stretch : panel.stretches) phases.emplace(stretch.index, stretch.word);
      has_theory = has_theory || !panel.theories.empty();
      for (const Series& series : panel.series) curves.emplace(series.style, series.name);
      for (const Overlay& overlay : panel.overlays)
        if (std::none_of(lines.begin(), lines.end(), [&](const Overlay* known) { return known->name == overlay.name; }))
          lines.push_back(&overlay);
    }
  std::string html = "<ul class=\"legend\">";
  for (const auto& [style, name] : curves)
    html += fmt::format(
        "<li><button type=\"button\" aria-pressed=\"true\" data-figure=\"{}\" "
        "data-style=\"{}\">{}<span>{}</span></button></li>",
        figure.id, style, sample(sample_svg(style, is_marked(style))), escaped(name, 120));
  if (has_theory) html += "<li class=\"line\">" + sample(theory_sample_svg()) + "<span>theory</span></li>";
  for (const auto& [index, word] : phases)
    html +=
        fmt::format("<li class=\"line\">{}<span>{}</span></li>", sample(stretch_sample_svg(index)), escaped(word, 60));
  for (const Overlay* line : lines)
    html +=
        fmt::format("<li class=\"line\">{}<span>{}</span></li>",
                    sample("<path class=\"theory\" d=\"M0 0h26\" " + overlay_svg(line->is_level(), line->dash) + "/>"),
                    escaped(line->name, 200));
  return html + "</ul>";
}

/// Where not all values of a facet are shown at once.
std::string selectors(const Figure& figure) {
  std::string html;
  for (std::size_t f = 0; f < figure.facets.size(); ++f) {
    const Facet& facet = figure.facets[f];
    if (facet.shown.size() == facet.values.size()) continue;
    html +=
        fmt::format("<label>{} <select data-figure=\"{}\" data-facet=\"{}\">", escaped(facet.label, 60), figure.id, f);
    if (facet.shown.size() > 1)
      html += fmt::format("<option value=\"\">{} of {} values</option>", facet.shown.size(), facet.values.size());
    for (std::size_t v = 0; v < facet.values.size(); ++v)
      html += fmt::format("<option value=\"{}\">{}</option>", v, escaped(facet.values[v], 60));
    html += "</select></label>";
  }
  return html.empty() ? "" : "<div class=\"selectors\">" + html + "</div>";
}

/// Figures of several panels take the whole width.
const char* breadth(const Figure& figure) { return figure.facets.empty() ? "" : " class=\"broad\""; }

/// Drawings, one below the other, that scroll sideways by themselves where the screen is narrow.
std::string drawing(const std::string& kind, const std::string& title, const std::string& attributes,
                    const std::string& svgs) {
  return fmt::format("<div class=\"{}\" tabindex=\"0\" role=\"group\" aria-label=\"{}\"{}>{}</div>", kind,
                     escaped(title), attributes, svgs);
}

/// Says where the sheets are that the page does not hold.
std::string beyond(const std::string& id, std::size_t sheets) {
  return sheets <= most_sheets ? ""
                               : fmt::format(" Sheets {} to {} of {} are files: figures/{}-{}.svg and those after it.",
                                             most_sheets + 1, sheets, sheets, id, most_sheets + 1);
}

/// Drawings of which the one for the chosen clock is seen, and of its sheets the chosen one; in print there are all.
struct Drawings {
  std::string id, title, description, note;
  std::vector<std::vector<std::string>> svgs;  // for each clock, or only once, those of all sheets
  std::vector<std::string> sheets;             // their titles
};

std::string html_of(const Drawings& own, const char* breadth) {
  const std::size_t sheets = std::min(own.sheets.size(), most_sheets);
  std::string html = fmt::format("<figure{}>", breadth) +
                     caption(own.title, own.description, own.note + beyond(own.id, own.sheets.size())) +
                     "<div class=\"panel\">";
  if (sheets > 1) {
    html += fmt::format("<div class=\"selectors scripted\"><label>Shown <select data-sheets=\"{}\">", own.id);
    for (std::size_t s = 0; s < sheets; ++s)
      html += fmt::format("<option value=\"{}\">{}</option>", s, escaped(own.sheets[s], 80));
    html += "</select></label></div>";
  }
  for (std::size_t k = 0; k < own.svgs.size(); ++k) {
    std::string attributes, svgs;
    if (own.svgs.size() > 1)
      attributes = fmt::format(" data-clock=\"{}\"{}", to_string(curve_clocks[k]), k ? " hidden" : "");
    for (std::size_t s = 0; s < sheets; ++s)
      svgs += sheets == 1 ? own.svgs[k][s]
                          : fmt::format("<div class=\"sheet\" data-of=\"{}\" data-sheet=\"{}\">{}</div>", own.id, s,
                                        own.svgs[k][s]);
    html += drawing("still", own.title, attributes, svgs);
  }
  return html + "</div></figure>\n";
}

}  // namespace

std::string interactive_html(const Figure& figure) {
  const std::vector<std::string> svgs = svgs_of(figure, 0);
  std::string sheets;
  for (std::size_t s = 0; s < std::min(svgs.size(), most_sheets); ++s) sheets += svgs[s];
  return fmt::format(
      "<figure{6}>{0}<div class=\"panel\"><div class=\"scripted\">{1}{2}<div class=\"plot\"><div class=\"y-label\">{7}"
      "</div><div class=\"charts\" id=\"charts-{3}\"></div><div class=\"x-label\" id=\"unit-{3}\"></div></div>"
      "<p class=\"readout\" id=\"readout-{3}\" aria-hidden=\"true\"></p></div>{4}</div>{5}</figure>\n",
      caption(figure.title, figure.description, figure.note + beyond(figure.id, svgs.size())), selectors(figure),
      legend(figure), figure.id, drawing("static", figure.title, "", sheets), numbers_of(figure), breadth(figure),
      escaped(figure.plots.front().y_label, 60));
}

std::string drawing_html(const Figure& figure) {
  Drawings own{figure.id, figure.title, figure.description, figure.note, {}, {}};
  for (std::size_t k = 0; k < figure.plots.size(); ++k) own.svgs.push_back(svgs_of(figure, k));
  for (const Sheet& sheet : sheets_of(figure, figure.plots.front())) own.sheets.push_back(sheet.title);
  return html_of(own, breadth(figure));
}

std::string drawing_html(const PhaseDiagram& diagram) {
  Drawings own{diagram.id, diagram.title, diagram.description, diagram.note, diagram.svgs, {}};
  const std::size_t count = diagram.svgs.front().size();
  for (std::size_t s = 0; s < count; ++s) own.sheets.push_back(fmt::format("{} of {}", s + 1, count));
  return html_of(own, " class=\"broad\"");
}

std::string method_html(std::size_t style, const std::string& name) {
  const bool is_short = text_width(name, 15) <= 210;
  return fmt::format(
      "<span class=\"method\"><svg width=\"30\" height=\"10\" aria-hidden=\"true\"><g transform=\"translate(2 "
      "5)\">{}</g></svg><span{}>{}</span></span>",
      sample_svg(style, is_marked(style)), is_short ? " class=\"short\"" : "", escaped(name, 80));
}

}  // namespace tightrope
