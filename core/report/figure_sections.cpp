// Figures on the page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/report/sections.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_rows = 240;  // of a table of numbers

std::string caption(const std::string& title, const std::string& description, const std::string& note) {
  return fmt::format("<figcaption><b>{}</b>: {}.{}</figcaption>", escaped(title), formula(description),
                     note.empty() ? "" : " " + escaped(note));
}

/// Up to five points of each curve that is shown at first.
std::string numbers_of(const Figure& figure) {
  const Plot& plot = figure.plots.front();
  const Arrangement shown = arrangement_of(figure, plot);
  std::size_t curves = 0;
  bool has_bands = false;
  for (const std::size_t p : shown.panels)
    for (const Series& series : plot.panels[p].series) {
      ++curves;
      has_bands = has_bands || !series.low.empty();
    }
  const std::size_t each = std::clamp<std::size_t>(most_rows / std::max<std::size_t>(curves, 1), 2, 20);
  std::string html = fmt::format(
      "<details><summary>Numbers of {}</summary><div class=\"wide\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Numbers of "
      "{}\"><table><thead><tr>{}<th>Curve</th><th class=\"number\">{}</th><th "
      "class=\"number\">{}</th>{}</tr></thead><tbody>\n",
      escaped(figure.title), escaped(figure.title), figure.facets.empty() ? "" : "<th>Panel</th>",
      escaped(capitalised(plot.x_label)), has_bands ? "Median" : "Value",
      has_bands ? "<th class=\"number\">Quartiles</th>" : "");
  for (const std::size_t p : shown.panels)
    for (const Series& series : plot.panels[p].series) {
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
  return html + "</tbody></table></div></details>\n";
}

std::string sample(const std::string& attributes) {
  return fmt::format(
      "<svg width=\"30\" height=\"10\" aria-hidden=\"true\"><path d=\"M0 5h30\" stroke-width=\"2.4\" {}/></svg>",
      attributes);
}

/// Keys that show and hide curves, and what dashed lines mean.
std::string legend(const Figure& figure) {
  std::map<std::size_t, std::string> curves;
  std::vector<std::string> lines;
  for (const Plot& plot : figure.plots)
    for (const Panel& panel : plot.panels) {
      for (const Series& series : panel.series) curves.emplace(series.style, series.name);
      for (const Overlay& overlay : panel.overlays)
        if (std::find(lines.begin(), lines.end(), overlay.name) == lines.end()) lines.push_back(overlay.name);
    }
  std::string html = "<ul class=\"legend\">";
  for (const auto& [style, name] : curves)
    html += fmt::format(
        "<li><button type=\"button\" aria-pressed=\"true\" data-figure=\"{}\" data-style=\"{}\">{}{}</button></li>",
        figure.id, style,
        sample(fmt::format("stroke=\"{}\" stroke-dasharray=\"{}\"", curve_colour(style), curve_dashes(style))),
        escaped(name, 80));
  for (const std::string& name : lines)
    html +=
        fmt::format("<li class=\"line\">{}{}</li>",
                    sample("class=\"theory\" stroke=\"currentColor\" stroke-width=\"1.2\" stroke-dasharray=\"5 4\""),
                    escaped(name, 120));
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

/// A drawing that scrolls sideways by itself where the screen is narrow.
std::string drawing(const std::string& kind, const std::string& title, const std::string& attributes,
                    const std::string& svg) {
  return fmt::format("<div class=\"{}\" tabindex=\"0\" role=\"group\" aria-label=\"{}\"{}>{}</div>", kind,
                     escaped(title), attributes, svg);
}

std::string interactive(const Figure& figure) {
  return fmt::format(
      "<figure{6}>{0}<div class=\"panel\"><div class=\"scripted\">{1}{2}<div class=\"charts\" id=\"charts-{3}\"></div>"
      "<p class=\"readout\" id=\"readout-{3}\" aria-hidden=\"true\"></p></div>{4}</div>{5}</figure>\n",
      caption(figure.title, figure.description, figure.note), selectors(figure), legend(figure), figure.id,
      drawing("static", figure.title, "", svg_of(figure, 0)), numbers_of(figure), breadth(figure));
}

/// Drawings of which the one for the chosen clock is seen.
std::string drawings(const std::string& title, const std::string& head, const std::vector<std::string>& svgs,
                     const char* breadth = "") {
  std::string html = fmt::format("<figure{}>", breadth) + head + "<div class=\"panel\">";
  for (std::size_t k = 0; k < svgs.size(); ++k) {
    std::string attributes;
    if (svgs.size() > 1) attributes = fmt::format(" data-clock=\"{}\"{}", to_string(all_clocks[k]), k ? " hidden" : "");
    html += drawing("still", title, attributes, svgs[k]);
  }
  return html + "</div></figure>\n";
}

/// Arrays of numbers, equal ones once.
class Pool {
 public:
  std::size_t place(const std::vector<Real>& values, int digits) {
    std::string text = "[";
    for (const Real value : values) {
      if (text.size() > 1) text += ',';
      text += value == std::floor(value) && std::abs(value) < 1e6 ? fmt::format("{:.0f}", value)
                                                                  : fmt::format("{:.{}g}", value, digits);
    }
    text += "]";
    const auto [at, is_new] = places_.emplace(text, arrays_.size());
    if (is_new) arrays_.push_back(text);
    return at->second;
  }
  std::string json() const { return fmt::format("[{}]", fmt::join(arrays_, ",\n")); }

 private:
  std::vector<std::string> arrays_;
  std::map<std::string, std::size_t> places_;
};

Json data_of(const Panel& panel, const Figure& figure, const Plot& plot, Pool& pool) {
  // Far above the frame is far enough, and a number that scripts can handle.
  const Real most = plot.y.logarithmic ? plot.y.high * 1e6 : plot.y.high + 1e3 * (plot.y.high - plot.y.low);
  const auto bounded = [&](std::vector<Real> values) {
    for (Real& value : values) {
      value = std::min(value, most);
      if (plot.y.logarithmic) value = std::max(value, plot.y.low * 1e-3);
    }
    return values;
  };
  Json json = {{"at", panel.place},
               {"title", plain(title_of(figure, panel), 200)},
               {"series", Json::array()},
               {"overlays", Json::array()}};
  for (const Series& series : panel.series) {
    Json own = {{"style", series.style},
                {"name", plain(series.name, 80)},
                {"x", pool.place(series.x, 5)},
                {"y", pool.place(bounded(series.y), 4)}};
    if (series.is_lost) own["lost"] = true;
    if (!series.low.empty()) {
      own["low"] = pool.place(bounded(series.low), 3);
      own["high"] = pool.place(bounded(series.high), 3);
    }
    json["series"].push_back(own);
  }
  for (const Overlay& overlay : panel.overlays) {
    Json own = {{"y", overlay.is_level() ? Json(overlay.y.front()) : Json(overlay.y)}};
    if (!overlay.is_level()) own["x"] = overlay.x;
    json["overlays"].push_back(own);
  }
  return json;
}

}  // namespace

std::string clock_switch() {
  std::string html = "<fieldset class=\"scripted\"><legend>Count in</legend>";
  for (std::size_t k = 0; k < std::size(all_clocks); ++k)
    html +=
        fmt::format("<label><input type=\"radio\" name=\"clock\" value=\"{0}\" data-clock=\"{1}\"{2}> {0}{3}</label>",
                    to_string(all_clocks[k]), k, k ? "" : " checked", k == 1 ? " over the operator" : "");
  return html +
         "</fieldset>\n<noscript><style>.scripted{display:none!important}.static{display:block}</style></noscript>\n";
}

std::string curves_section(const std::vector<Figure>& figures, const std::string& how) {
  if (figures.empty()) return "";
  std::string html = "<h3>Curves</h3>\n" + how;
  html += "<div class=\"pair\">\n";
  for (const Figure& figure : figures) html += interactive(figure);
  return html + "</div>\n";
}

std::string drawings_section(const std::string& heading, const std::vector<Figure>& figures) {
  if (figures.empty()) return "";
  std::string html = fmt::format("<h3>{}</h3>\n", heading);
  html += "<div class=\"pair\">\n";
  for (const Figure& figure : figures) {
    std::vector<std::string> svgs;
    for (std::size_t k = 0; k < figure.plots.size(); ++k) svgs.push_back(svg_of(figure, k));
    html += drawings(figure.title, caption(figure.title, figure.description, figure.note), svgs, breadth(figure));
  }
  return html + "</div>\n";
}

std::string phase_section(const std::vector<PhaseDiagram>& diagrams) {
  if (diagrams.empty()) return "";
  std::string html = "<h3>Maps</h3>\n";
  for (const PhaseDiagram& diagram : diagrams)
    html += drawings(diagram.title, caption(diagram.title, diagram.description, diagram.note), diagram.svgs);
  return html;
}

std::string data_of(const std::vector<Figure>& figures) {
  Pool pool;
  Json list = Json::array(), colours = Json::array(), dashes = Json::array();
  std::size_t styles = 1;
  for (const Figure& figure : figures) {
    Json facets = Json::array(), plots = Json::array();
    for (const Facet& facet : figure.facets) facets.push_back({{"shown", facet.shown}});
    for (const Plot& plot : figure.plots) {
      Json panels = Json::array();
      for (const Panel& panel : plot.panels) {
        panels.push_back(data_of(panel, figure, plot, pool));
        for (const Series& series : panel.series) styles = std::max(styles, series.style + 1);
      }
      plots.push_back({{"unit", plot.x_label},
                       {"x", {plot.x.low, plot.x.high}},
                       {"y", {plot.y.low, plot.y.high}},
                       {"panels", panels}});
    }
    list.push_back({{"id", figure.id},
                    {"title", plain(figure.title, 200)},
                    {"log", figure.plots.front().y.logarithmic},
                    {"facets", facets},
                    {"plots", plots}});
  }
  for (std::size_t style = 0; style < styles; ++style) {
    colours.push_back(curve_colour(style));
    Json& lengths = dashes.emplace_back(Json::array());
    std::istringstream words(curve_dashes(style));
    for (int length = 0; words >> length;) lengths.push_back(length);
  }
  std::string text = Json{{"colours", colours}, {"dashes", dashes}, {"figures", list}}.dump(
      -1, ' ', true, Json::error_handler_t::replace);
  text.insert(1, "\"arrays\":" + pool.json() + ",");
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) text.replace(at, 1, "\\u003c");
  return text;
}

}  // namespace tightrope
