// Figures for LaTeX: the numbers are read back from the text.
#include "core/report/figures/drawing/pgfplots.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <regex>
#include <set>

#include "core/report/figures/maps/matrix_picture.hpp"

using namespace tightrope;

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

using Points = std::vector<std::pair<Real, Real>>;

/// The points of each \addplot whose options hold `word`.
std::vector<Points> plots_with(const std::string& tex, const std::string& word) {
  std::vector<Points> plots;
  const std::regex plot(R"(\\addplot\[([^\n]*)\] coordinates \{([^}]*)\})"), point(R"(\(([^,()]+),([^,()]+)\))");
  for (std::sregex_iterator own(tex.begin(), tex.end(), plot), end; own != end; ++own) {
    if ((*own)[1].str().find(word) == std::string::npos) continue;
    Points& points = plots.emplace_back();
    const std::string text = (*own)[2];
    for (std::sregex_iterator p(text.begin(), text.end(), point); p != end; ++p)
      points.emplace_back(std::stod((*p)[1]), std::stod((*p)[2]));
  }
  return plots;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

/// An option of the n-th axis: "0.001" of "ymin=0.001".
std::string option_of(const std::string& tex, const std::string& name, std::size_t n = 0) {
  const std::regex option(name + "=([^,\\]]+)[,\\]]");
  std::vector<std::string> all;
  for (std::sregex_iterator own(tex.begin(), tex.end(), option), end; own != end; ++own) all.push_back((*own)[1]);
  return n < all.size() ? all[n] : "";
}

/// One panel: 401 points of a curve that falls by a power and then stays, with a band.
Figure falling() {
  Figure figure{"error", "Error & more", "‖X − X*‖_F over 50 % of it", "How it is made.", {}, {}};
  Plot& plot = figure.plots.emplace_back();
  plot.x_label = "passes over the operator";
  plot.y_label = "relative error";
  Series& series = plot.panels.emplace_back().series.emplace_back();
  series.name = "gradient_descent";
  series.style = 1;
  for (int i = 0; i <= 400; ++i) {
    series.x.push_back(i);
    series.y.push_back(std::max(1e-6, std::pow(10, -i / 40.0)));
    series.low.push_back(series.y.back() / 2);
    series.high.push_back(series.y.back() * 3);
  }
  fit_scales(plot, false, true);
  return figure;
}

/// Of the polyline through the points, linear in the logarithm of y.
Real height_at(const Points& points, Real x) {
  for (std::size_t i = 1; i < points.size(); ++i) {
    const auto& [a, u] = points[i - 1];
    const auto& [b, v] = points[i];
    if (x <= b) return std::exp(std::log(u) + (x - a) / (b - a) * (std::log(v) - std::log(u)));
  }
  return points.back().second;
}

}  // namespace

TEST_CASE("a curve is drawn through its own points, and through all of them to a hair") {
  const Figure figure = falling();
  const Series& series = figure.plots[0].panels[0].series[0];
  const auto texts = pgfplots_of(figure, 0, 85);
  REQUIRE(texts.size() == 1);
  const auto curves = plots_with(texts[0], "line width=.9pt");
  REQUIRE(curves.size() == 1);
  const Points& points = curves[0];
  CHECK(points.size() < 20);  // two straight lines
  for (const auto& [x, y] : points) CHECK(y == doctest::Approx(series.y[static_cast<std::size_t>(x)]).epsilon(1e-5));
  for (std::size_t i = 0; i < series.x.size(); ++i)
    CHECK(std::abs(std::log10(height_at(points, series.x[i]) / series.y[i])) < 2e-3 * 7);
  CHECK(points.front().first == 0);
  CHECK(points.back().first == 400);

  const auto bands = plots_with(texts[0], "fill opacity=.18");
  REQUIRE(bands.size() == 1);  // forth along the upper end and back along the lower one
  CHECK(bands[0].front().second == doctest::Approx(3));
  CHECK(bands[0].back().second == doctest::Approx(0.5));
  CHECK(bands[0].front().first == 0);
  CHECK(bands[0].back().first == 0);
}

TEST_CASE("axes are those of the plot, with its labels, its legend and what it needs") {
  const Figure figure = falling();
  const Plot& plot = figure.plots[0];
  const std::string tex = pgfplots_of(figure, 0, 85)[0];
  CHECK(option_of(tex, "ymode") == "log");
  CHECK(option_of(tex, "xmode") == "linear");
  CHECK(std::stod(option_of(tex, "ymin")) == doctest::Approx(plot.y.low));
  CHECK(std::stod(option_of(tex, "ymax")) == doctest::Approx(plot.y.high));
  CHECK(std::stod(option_of(tex, "xmin")) == doctest::Approx(plot.x.low));
  CHECK(std::stod(option_of(tex, "xmax")) == doctest::Approx(plot.x.high));
  CHECK(tex.find("{passes over the operator}") != std::string::npos);
  CHECK(tex.find("{relative error}") != std::string::npos);
  CHECK(tex.find("\\addlegendentry{gradient\\_descent}") != std::string::npos);
  CHECK(tex.find("10$^{-6}$") != std::string::npos);
  CHECK(tex.find("% \\caption{Error \\& more: $\\|$X $-$ X*$\\|$\\_F over 50 \\% of it. How it is made.}") !=
        std::string::npos);
  CHECK(tex.find("\\linewidth") != std::string::npos);
}

TEST_CASE("styles differ in grey: by dashes, then by marks") {
  Figure figure = falling();
  Plot& plot = figure.plots[0];
  std::set<std::string> seen;
  const Series pattern = plot.panels[0].series[0];
  plot.panels[0].series.clear();
  for (std::size_t i = 0; i < grey_styles; ++i) {
    plot.panels[0].series.push_back(pattern);
    plot.panels[0].series.back().style = i;
    plot.panels[0].series.back().name = "m" + std::to_string(i);
  }
  const std::string tex = pgfplots_of(figure, 0, 85)[0];
  const std::regex image(R"(\\addlegendimage\{color=\{[^}]*\}, (.*)\}\\addlegendentry)");
  for (std::sregex_iterator own(tex.begin(), tex.end(), image), end; own != end; ++own) seen.insert((*own)[1]);
  CHECK(seen.size() == grey_styles);
}

TEST_CASE("what was not reached interrupts the line and has a mark above the highest value") {
  Figure figure{"time", "Time", "until", "", {}, {}};
  Plot& plot = figure.plots.emplace_back();
  plot.look = Plot::Look::points;
  Series& series = plot.panels.emplace_back().series.emplace_back();
  series.name = "scaled";
  series.x = {1, 2, 3, 4};
  series.y = {10, infinity, 30, 40};
  series.low = {5, 20, 20, infinity};
  series.high = {15, infinity, infinity, infinity};
  fit_scales(plot, false, false);
  const std::string tex = pgfplots_of(figure, 0, 85)[0];
  const Real top = std::stod(option_of(tex, "ymax"));
  CHECK(top > plot.y.high);
  const auto lines = plots_with(tex, "mark=*");
  REQUIRE(lines.size() == 1);
  REQUIRE(lines[0].size() == 4);
  CHECK(lines[0][0] == std::pair<Real, Real>(1, 10));
  CHECK(std::isnan(lines[0][1].second));
  CHECK(lines[0][3] == std::pair<Real, Real>(4, 40));
  const auto lost = plots_with(tex, "mark=triangle,");
  REQUIRE(lost.size() == 1);
  REQUIRE(lost[0].size() == 1);
  CHECK(lost[0][0].first == 2);
  CHECK(lost[0][0].second > plot.y.high);
  CHECK(lost[0][0].second < top);
  CHECK(tex.find("no median: not reached, or diverged") != std::string::npos);
  CHECK(tex.find("inf") == std::string::npos);
}

TEST_CASE("a level goes from side to side, a run that is lost ends with a cross") {
  Figure figure = falling();
  Plot& plot = figure.plots[0];
  plot.panels[0].series[0].is_lost = true;
  Overlay level;
  level.y = {0.01};
  level.name = "claim: < 0.01";
  plot.panels[0].overlays.push_back(level);
  const std::string tex = pgfplots_of(figure, 0, 85)[0];
  const auto levels = plots_with(tex, "color=black!73, line width=.5pt");
  REQUIRE(levels.size() == 1);
  CHECK(levels[0] == Points{{0, 0.01}, {400, 0.01}});
  const auto crosses = plots_with(tex, "mark=x");
  REQUIRE(crosses.size() == 1);
  CHECK(crosses[0][0].first == 400);
  CHECK(tex.find("\\addlegendentry{claim: \\textless{} 0.01}") != std::string::npos);
  CHECK(tex.find("\\addlegendentry{diverged from here on}") != std::string::npos);
}

TEST_CASE("a narrow figure has fewer panels side by side, and all of them") {
  Figure figure = falling();
  Plot& plot = figure.plots[0];
  const Panel one = plot.panels[0];
  plot.panels.clear();
  figure.facets = {{"condition", {}, {}}, {"scale", {}, {}}};
  for (std::size_t i = 0; i < 5; ++i) figure.facets[0].values.push_back("condition " + std::to_string(i));
  for (std::size_t j = 0; j < 2; ++j) figure.facets[1].values.push_back("scale " + std::to_string(j));
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      plot.panels.push_back(one);
      plot.panels.back().place = {i, j};
    }
  for (const Real width : {60.0, 85.0, 170.0}) {
    std::string all;
    for (const std::string& text : pgfplots_of(figure, 0, width)) all += text;
    CHECK(count_of(all, "\\begin{axis}[at={({") == 10 + count_of(all, "hide axis"));
    for (std::size_t i = 0; i < 5; ++i) CHECK(count_of(all, "condition " + std::to_string(i)) == 2);
    CHECK((all.find("pt)/5}") != std::string::npos) == (width == 170));
  }
}

TEST_CASE("squares have the colours of their values, and a cross where there is none") {
  HeatMaps maps{"Time", "iterations", {"x", "x (dB)", {1, 2, 3}}, {"y", "y", {10, 20}}, 1, {}, false};
  HeatMap& map = maps.maps.emplace_back();
  map.title = "scaled";
  map.squares.resize(6);
  const std::vector<Real> values = {1, 10, 100, 1000, infinity, 31.6};
  for (std::size_t k = 0; k < 6; ++k) {
    map.squares[k].is_run = k != 1;
    map.squares[k].value = values[k];
  }
  const PhaseDiagram diagram{"time", "Time", "until", "note", {maps}};
  const std::string tex = pgfplots_of(diagram, 0, 85)[0];
  const std::regex square(
      R"(\\fill\[fill=\{rgb,255:red,(\d+);green,(\d+);blue,(\d+)\}\] \(axis cs:([\d.]+),([\d.]+)\) rectangle [^%]*% (\S+))");
  std::map<std::pair<int, int>, std::pair<std::string, Real>> squares;
  for (std::sregex_iterator own(tex.begin(), tex.end(), square), end; own != end; ++own) {
    char colour[8];
    std::snprintf(colour, sizeof colour, "#%02x%02x%02x", std::stoi((*own)[1]), std::stoi((*own)[2]),
                  std::stoi((*own)[3]));
    squares[{static_cast<int>(std::stod((*own)[4])), static_cast<int>(std::stod((*own)[5]))}] = {colour,
                                                                                                 std::stod((*own)[6])};
  }
  CHECK(squares.size() == 4);  // one has not been run, one has no number
  CHECK(squares[{0, 0}] == std::pair<std::string, Real>(scale_colour(0), 1));
  CHECK(squares[{2, 0}] == std::pair<std::string, Real>(scale_colour(2.0 / 3), 100));
  CHECK(squares[{0, 1}] == std::pair<std::string, Real>(scale_colour(1), 1000));
  CHECK(squares[{2, 1}].second == doctest::Approx(31.6));
  CHECK(count_of(tex, "\\draw[black!40, line width=.3pt] (axis cs:1.5,1.5) rectangle (axis cs:2.5,2.5)") == 1);
  CHECK(tex.find("{x (dB)}") != std::string::npos);
  CHECK(tex.find("iterations (logarithmic)") != std::string::npos);
}
