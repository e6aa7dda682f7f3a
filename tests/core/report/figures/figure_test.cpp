// Figures as drawings: every panel on some sheet, labels that do not meet, curves that differ without colours.
#include "core/report/figures/figure.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/report/figures/overlays.hpp"
#include "core/report/text.hpp"

using namespace tightrope;

namespace {

std::vector<std::string> values(const std::string& label, std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(label + " " + std::to_string(i));
  return all;
}

/// A figure with a panel for each combination of values; `counts` of the facets a, b, c, …
Figure grid(const std::vector<std::size_t>& counts, Real last = 1000) {
  Figure figure{"f", "Error", "", "", {}, {Plot()}, true};
  Plot& plot = figure.plots.front();
  plot.x_label = "iterations";
  plot.y_label = "error";
  std::size_t panels = 1;
  for (std::size_t f = 0; f < counts.size(); ++f) {
    figure.facets.push_back({std::string(1, static_cast<char>('a' + f)), {}, {0}});
    figure.facets.back().values = values(figure.facets.back().label, counts[f]);
    panels *= counts[f];
  }
  for (std::size_t p = 0; p < panels; ++p) {
    Panel& panel = plot.panels.emplace_back();
    std::size_t rest = p;
    for (const std::size_t count : counts) {
      panel.place.push_back(rest % count);
      rest /= count;
    }
    Series series;
    series.name = "gd";
    series.x = {0, last};
    series.y = {1, 1e-6};
    panel.series.push_back(series);
  }
  fit_scales(plot, false, true);
  return figure;
}

struct Text {
  Real x, y;
  std::string anchor, words;
};

/// The texts of a class in an SVG, without those in frames of their own.
std::vector<Text> texts(const std::string& svg, const std::string& kind) {
  std::vector<Text> found;
  const auto after = [&](std::size_t at, const std::string& key) {
    const std::size_t begin = svg.find(key + "=\"", at) + key.size() + 2;
    return svg.substr(begin, svg.find('"', begin) - begin);
  };
  for (std::size_t at = 0; (at = svg.find("<text ", at)) != std::string::npos; ++at) {
    const std::size_t end = svg.find('>', at);
    if (svg.substr(at, end - at).find("class=\"" + kind + "\"") == std::string::npos) continue;
    found.push_back({std::stod(after(at, " x")), std::stod(after(at, " y")), after(at, "text-anchor"),
                     svg.substr(end + 1, svg.find("</text>", end) - end - 1)});
  }
  return found;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

Overlay level(const std::string& role, const std::string& text, Real at) {
  Overlay overlay;
  overlay.role = role;
  overlay.text = text;
  overlay.y = {at};
  return overlay;
}

}  // namespace

TEST_CASE("the sheets of a figure hold each panel once, however many values its axes have") {
  for (const auto& counts : std::vector<std::vector<std::size_t>>{
           {}, {1}, {3}, {8}, {23}, {3, 2}, {5, 4}, {6, 7}, {10, 9}, {3, 3, 2}, {4, 1, 5}, {3, 2, 2, 3}, {1, 1, 4}}) {
    const Figure figure = grid(counts);
    const Plot& plot = figure.plots.front();
    std::multiset<std::size_t> seen;
    for (const Sheet& sheet : sheets_of(figure, plot)) {
      CHECK(sheet.columns <= 5);
      CHECK(sheet.panels.size() <= 6 * sheet.columns);
      for (const auto& panel : sheet.panels)
        if (panel) seen.insert(*panel);
    }
    CHECK(seen.size() == plot.panels.size());
    CHECK(std::set(seen.begin(), seen.end()).size() == plot.panels.size());
    std::string all;
    for (const std::string& svg : svgs_of(figure, 0)) all += svg;
    for (const Facet& facet : figure.facets)
      for (const std::string& value : facet.values) CHECK(all.find(value) != std::string::npos);
    CHECK(count_of(all, "class=\"frame\"") == plot.panels.size());
  }
}

TEST_CASE("values of a third axis have sheets of their own, named after them") {
  const Figure figure = grid({3, 2, 2});
  const auto sheets = sheets_of(figure, figure.plots.front());
  REQUIRE(sheets.size() == 2);
  CHECK(sheets[0].title == "c 0");
  CHECK(sheets[1].title == "c 1");
  CHECK(sheets[1].columns == 3);
  const auto svgs = svgs_of(figure, 0);
  REQUIRE(texts(svgs[1], "part").size() == 1);
  CHECK(texts(svgs[1], "part").front().words == "c 1");
  CHECK(svgs[1].find("a 2 · b 1</text>") != std::string::npos);
}

TEST_CASE("a panel that the study lacks leaves its place free") {
  Figure figure = grid({3, 2});
  Plot& plot = figure.plots.front();
  plot.panels.erase(plot.panels.begin() + 1);  // a 1, b 0
  const auto sheets = sheets_of(figure, plot);
  REQUIRE(sheets.size() == 1);
  REQUIRE(sheets[0].panels.size() == 6);
  CHECK(sheets[0].panels[0] == 0);
  CHECK_FALSE(sheets[0].panels[1]);
  CHECK(plot.panels[*sheets[0].panels[4]].place == std::vector<std::size_t>{1, 1});
}

TEST_CASE("labels of an axis never touch each other or those of the next panel") {
  for (const auto& counts : std::vector<std::vector<std::size_t>>{{}, {2}, {4}, {5, 2}, {8}})
    for (const Real last : {3.0, 800.0, 5000.0, 20000.0, 123456.0, 4e7}) {
      const Figure figure = grid(counts, last);
      for (const std::string& svg : svgs_of(figure, 0)) {
        std::map<Real, std::vector<std::pair<Real, Real>>> rows;
        for (const Text& text : texts(svg, "tick"))
          if (text.anchor == "middle") {
            const Real half = text_width(text.words, 13) / 2;
            rows[text.y].emplace_back(text.x - half, text.x + half);
          }
        CHECK_FALSE(rows.empty());
        for (auto& [y, spans] : rows) {
          std::sort(spans.begin(), spans.end());
          CHECK(spans.size() >= 2);
          for (std::size_t i = 1; i < spans.size(); ++i) CHECK(spans[i].first >= spans[i - 1].second + 3);
          CHECK(spans.back().second <= (counts.empty() ? 760 : 980));
        }
      }
    }
}

TEST_CASE("both axes say what they show") {
  for (const auto& counts : std::vector<std::vector<std::size_t>>{{}, {3}, {3, 2, 2}})
    for (const std::string& svg : svgs_of(grid(counts), 0)) {
      CHECK(count_of(svg, ">iterations</text>") == 1);
      CHECK(count_of(svg, ">error</text>") == 1);
    }
}

TEST_CASE("in grey a curve is told by its dashes and marks") {
  std::set<std::pair<std::string, Mark>> looks;
  std::set<std::string> drawn;
  for (std::size_t style = 0; style < grey_styles; ++style) {
    looks.emplace(curve_dashes(style), curve_mark(style));
    std::string sample = sample_svg(style, is_marked(style));
    for (std::size_t at = 0; (at = sample.find(curve_colour(style))) != std::string::npos;)
      sample.replace(at, 7, "grey");
    drawn.insert(sample);
  }
  CHECK(grey_styles >= 12);
  CHECK(looks.size() == grey_styles);
  CHECK(drawn.size() == grey_styles);
  // The same in a figure: the marks stand on the curve.
  Figure figure = grid({});
  figure.plots[0].panels[0].series[0].style = 5;
  CHECK(count_of(svgs_of(figure, 0)[0], mark_svg(5, 0, 0).substr(0, 5)) > 1);
}

TEST_CASE("a level has one line and one name, whatever is said of it") {
  Plot plot;
  plot.panels.resize(2);
  const auto all = [] {
    return std::vector<Overlay>{level("success", "relative error < 0.05", 0.05),
                                level("target", "relative error < 0.05", 0.05),
                                level("claim", "final relative error < 0.05", 0.05)};
  };
  for (Panel& panel : plot.panels) add_overlays(panel, all());
  add_overlays(plot.panels[1], {level("claim", "final relative error < 1e-4", 1e-4)});
  name_overlays(plot);
  REQUIRE(plot.panels[0].overlays.size() == 1);
  REQUIRE(plot.panels[1].overlays.size() == 2);
  CHECK(plot.panels[0].overlays[0].name ==
        "success, target: relative error < 0.05; claim: final relative error < 0.05");
  CHECK(plot.panels[1].overlays[0].name == plot.panels[0].overlays[0].name);
  CHECK(plot.panels[1].overlays[0].dash == plot.panels[0].overlays[0].dash);
  CHECK(plot.panels[1].overlays[1].name == "claim: final relative error < 1e-4");
  CHECK(overlay_dashes(plot.panels[1].overlays[1].dash) != overlay_dashes(plot.panels[0].overlays[0].dash));
}

TEST_CASE("fits of one claim share a name with the range of their slopes") {
  Plot plot;
  plot.panels.resize(1);
  for (const Real slope : {-0.2, -0.1}) {
    Overlay fit;
    fit.role = "fitted rate (claim: < 0)";
    fit.x = {0, 1};
    fit.y = {1, 1 + slope};
    fit.slope = slope;
    add_overlays(plot.panels[0], {fit});
  }
  name_overlays(plot);
  REQUIRE(plot.panels[0].overlays.size() == 2);
  CHECK(plot.panels[0].overlays[0].name == "fitted rate (claim: < 0): -0.2 to -0.1");
  CHECK(plot.panels[0].overlays[1].name == plot.panels[0].overlays[0].name);
}

TEST_CASE("what was not reached by many methods is drawn apart for each of them") {
  Figure figure = grid({});
  Plot& plot = figure.plots.front();
  plot.look = Plot::Look::points;
  plot.panels[0].series.clear();
  for (std::size_t m = 0; m < 12; ++m) {
    Series series;
    series.name = "m" + std::to_string(m);
    series.style = m;
    series.x = {1, 2};
    series.y = {10, INFINITY};
    plot.panels[0].series.push_back(series);
  }
  fit_scales(plot, false, true);
  const std::string svg = svgs_of(figure, 0)[0];
  std::set<std::string> places;
  for (std::size_t at = 0; (at = svg.find("<path class=\"open\" d=\"M", at)) != std::string::npos; ++at)
    places.insert(svg.substr(at + 22, svg.find('"', at + 22) - at - 22));
  CHECK(places.size() == 12);
}

TEST_CASE("numbers on axes are short") {
  const std::vector<std::pair<Real, std::string>> cases = {{0, "0"},
                                                           {-0.0, "0"},
                                                           {0.002, "0.002"},
                                                           {5000, "5000"},
                                                           {2e-5, "2·10⁻⁵"},
                                                           {1e6, "10⁶"},
                                                           {0.30000000000000004, "0.3"}};
  for (const auto& [value, text] : cases) CHECK(tick_number(value) == text);
}

TEST_CASE("texts are cut to the width there is") {
  const std::string name = "condition 1 · scale 1e-4 · storage float64";
  CHECK(fitted(name, 1000, 12) == name);
  CHECK(text_width(fitted(name, 100, 12), 12) <= 100);
  CHECK(fitted(name, 100, 12).find("…") != std::string::npos);
  const auto lines = in_lines(name, 180, 12);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "condition 1 · scale 1e-4");
  CHECK(lines[1] == "storage float64");
  for (const std::string& wide : {std::string("梯度下降法梯度下降法梯度下降法"), std::string(200, 'W')})
    for (const std::string& line : in_lines(wide, 90, 12)) CHECK(text_width(line, 12) <= 90);
}
