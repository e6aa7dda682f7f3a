// Figures as data for the page's script.
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/report/page/figure_html.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

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

/// "7 4" → [7, 4]
Json lengths_of(const std::string& dashes) {
  Json lengths = Json::array();
  std::istringstream words(dashes);
  for (Real length = 0; words >> length;) lengths.push_back(length);
  return lengths;
}

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
  Json json = {{"at", panel.place},         {"title", plain(title_of(figure, panel, true), 200)},
               {"series", Json::array()},   {"overlays", Json::array()},
               {"theories", Json::array()}, {"events", Json::array()},
               {"stretches", Json::array()}};
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
    Json own = {{"y", overlay.is_level() ? Json(overlay.y.front()) : Json(overlay.y)},
                {"dash", lengths_of(overlay_dashes(overlay.dash))}};
    if (!overlay.is_level()) own["x"] = overlay.x;
    json["overlays"].push_back(own);
  }
  for (const Series& theory : panel.theories)
    json["theories"].push_back(
        {{"style", theory.style}, {"x", pool.place(theory.x, 5)}, {"y", pool.place(bounded(theory.y), 4)}});
  for (const Stretch& stretch : panel.stretches)
    json["stretches"].push_back(
        {{"low", stretch.low}, {"high", stretch.high}, {"opacity", stretch_opacity(stretch.index)}});
  for (const Event& event : panel.events) json["events"].push_back({{"x", event.x}, {"word", plain(event.word, 60)}});
  return json;
}

}  // namespace

std::string data_of(const std::vector<Figure>& figures) {
  Pool pool;
  Json list = Json::array(), colours = Json::array(), dashes = Json::array(), marks = Json::array();
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
    dashes.push_back(lengths_of(curve_dashes(style)));
    marks.push_back(is_marked(style) ? Json(to_string(curve_mark(style))) : Json());
  }
  std::string text = Json{
      {"colours", colours},
      {"dashes", dashes},
      {"marks", marks},
      {"theory", lengths_of(theory_dashes)},
      {"most_event_lines", most_event_lines},
      {"figures", list}}.dump(-1, ' ', true, Json::error_handler_t::replace);
  text.insert(1, "\"arrays\":" + pool.json() + ",");
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) text.replace(at, 1, "\\u003c");
  return text;
}

}  // namespace tightrope
