// Which settings become series, and which panels.
#include "core/report/figures/facets.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tightrope;

namespace {

StudyAxis axis(const std::string& label, const std::vector<std::string>& values) {
  StudyAxis result;
  result.label = result.path = label;
  result.values = values;
  return result;
}

/// All combinations of the values of some axes; `method` tells methods apart.
Summary grid(const std::vector<std::pair<std::string, std::vector<std::string>>>& axes) {
  Summary summary;
  std::vector<Labels> all = {{}};
  for (const auto& [label, values] : axes) {
    summary.axes.push_back(axis(label, values));
    std::vector<Labels> longer;
    for (const Labels& labels : all)
      for (const std::string& value : values) {
        longer.push_back(labels);
        longer.back()[label] = value;
      }
    all = std::move(longer);
    if (label == "method") {
      summary.by = label;
      for (const std::string& value : values) summary.methods.push_back({value, {{label, value}}});
    }
  }
  for (const Labels& labels : all) {
    summary.settings.emplace_back();
    summary.settings.back().labels = labels;
  }
  return summary;
}

std::vector<std::string> numbers(std::size_t count) {
  std::vector<std::string> values;
  for (std::size_t i = 1; i <= count; ++i) values.push_back(std::to_string(i));
  return values;
}

Plot panels_of(const Facets& facets) {
  Plot plot;
  facets.add_panels(plot);
  return plot;
}

}  // namespace

TEST_CASE("methods are series, the longer axis makes the columns, the other one the rows") {
  const Summary summary = grid({{"method", {"b", "a"}}, {"scale", {"1", "2"}}, {"condition", {"1", "3", "9"}}});
  const Facets facets = facets_of(summary);
  CHECK(facets.series == std::vector<std::string>{"b", "a"});
  REQUIRE(facets.facets.size() == 2);
  CHECK(facets.facets[0].values == std::vector<std::string>{"condition 1", "condition 3", "condition 9"});
  CHECK(facets.facets[1].values == std::vector<std::string>{"scale 1", "scale 2"});
  CHECK(facets.note.empty());
  const Plot plot = panels_of(facets);
  REQUIRE(plot.panels.size() == 6);
  CHECK(plot.panels[1].place == std::vector<std::size_t>{1, 0});  // columns vary fastest
  CHECK(plot.panels[3].place == std::vector<std::size_t>{0, 1});
  for (std::size_t s = 0; s < summary.settings.size(); ++s) {
    const Labels& labels = summary.settings[s].labels;
    REQUIRE(facets.spots[s]);
    CHECK(facets.series[facets.spots[s]->series] == labels.at("method"));
    CHECK(facets.facets[0].values[facets.spots[s]->place[0]] == "condition " + labels.at("condition"));
    CHECK(facets.facets[1].values[facets.spots[s]->place[1]] == "scale " + labels.at("scale"));
  }
}

TEST_CASE("without methods a short axis takes their part, a long one makes panels") {
  const Facets one = facets_of(grid({{"scale", {"1", "2", "3"}}}));
  CHECK(one.series == std::vector<std::string>{"scale 1", "scale 2", "scale 3"});
  CHECK(one.facets.empty());
  CHECK(panels_of(one).panels.size() == 1);
  const Facets two = facets_of(grid({{"condition", numbers(9)}, {"scale", {"1", "2"}}}));
  CHECK(two.series == std::vector<std::string>{"scale 1", "scale 2"});
  REQUIRE(two.facets.size() == 1);
  CHECK(two.facets[0].shown.size() == 8);
  const Facets none = facets_of(grid({{"condition", {"1"}}}));
  CHECK(none.series == std::vector<std::string>{""});
  CHECK(none.facets.empty());
}

TEST_CASE("of many values some are shown, both ends among them, and the rest can be chosen") {
  const Facets facets =
      facets_of(grid({{"method", {"a", "b"}}, {"x", numbers(10)}, {"y", numbers(9)}, {"z", {"1", "2"}}}));
  REQUIRE(facets.facets.size() == 3);
  CHECK(facets.facets[0].shown == std::vector<std::size_t>{0, 3, 6, 9});
  CHECK(facets.facets[1].shown == std::vector<std::size_t>{0, 4, 8});
  CHECK(facets.facets[2].shown == std::vector<std::size_t>{0});
  CHECK(panels_of(facets).panels.size() == 180);
  Figure figure;
  figure.facets = facets.facets;
  std::size_t drawn = 0;  // drawings have them all
  for (const Sheet& sheet : sheets_of(figure, panels_of(facets)))
    drawn += static_cast<std::size_t>(
        std::count_if(sheet.panels.begin(), sheet.panels.end(), [](const auto& panel) { return panel.has_value(); }));
  CHECK(drawn == 180);
}

TEST_CASE("where there would be too many panels, values are left out and that is told") {
  FacetOptions options;
  options.most_panels = 30;
  const Summary summary = grid({{"x", numbers(20)}, {"y", numbers(8)}});
  const Facets facets = facets_of(summary, options);
  const Plot plot = panels_of(facets);
  CHECK(plot.panels.size() <= 30);
  CHECK(facets.facets[0].values.front() == "x 1");
  CHECK(facets.facets[0].values.back() == "x 20");
  CHECK(facets.note.find("Of the 20 values of x") != std::string::npos);
  std::size_t kept = 0;
  for (const auto& spot : facets.spots) kept += static_cast<std::size_t>(spot.has_value());
  CHECK(kept == plot.panels.size());
}

TEST_CASE("an axis that follows from another one is told beside it") {
  Summary summary = grid({{"method", {"a", "b"}}, {"rank", {"1", "2", "3"}}});
  summary.axes.push_back(axis("measurements", {"10", "20", "30"}));
  for (Setting& setting : summary.settings) setting.labels["measurements"] = setting.labels["rank"] + "0";
  const Facets facets = facets_of(summary);
  REQUIRE(facets.facets.size() == 1);
  CHECK(facets.facets[0].values[1] == "rank 2, measurements 20");
  FacetOptions options;
  options.figure_axes = {"measurements"};
  CHECK(facets_of(summary, options).facets.empty());
}

TEST_CASE("axes of some methods only belong to their names") {
  Summary summary = grid({{"method", {"gd"}}});
  summary.axes[0].values.push_back("momentum");
  summary.axes.push_back(axis("beta", {"0.5", "0.9"}));
  for (const char* beta : {"0.5", "0.9"}) {
    summary.methods.push_back({std::string("momentum, ") + beta, {{"method", "momentum"}, {"beta", beta}}});
    summary.settings.emplace_back();
    summary.settings.back().labels = {{"method", "momentum"}, {"beta", beta}};
  }
  const Facets facets = facets_of(summary);
  CHECK(facets.series == std::vector<std::string>{"gd", "momentum, 0.5", "momentum, 0.9"});
  CHECK(facets.facets.empty());
  CHECK(facets.spots[2]->series == 2);
}

TEST_CASE("the methods can be panels instead") {
  FacetOptions options;
  options.methods_are_series = false;
  const Facets facets = facets_of(grid({{"method", {"a", "b"}}, {"x", {"1", "2", "3"}}}), options);
  CHECK(facets.series.size() == 1);
  REQUIRE(facets.facets.size() == 2);
  CHECK(facets.facets[0].label == "x");
  CHECK(facets.facets[1].values == std::vector<std::string>{"method a", "method b"});
}

TEST_CASE("evenly spread positions") {
  CHECK(evenly_spread(3, 5) == std::vector<std::size_t>{0, 1, 2});
  CHECK(evenly_spread(10, 4) == std::vector<std::size_t>{0, 3, 6, 9});
  CHECK(evenly_spread(9, 3) == std::vector<std::size_t>{0, 4, 8});
  CHECK(evenly_spread(5, 1) == std::vector<std::size_t>{0});
}

TEST_CASE("an axis with a unit says so with every number") {
  Summary summary = grid({{"method", {"a", "b"}}, {"snr", {"10", "20", "none"}}});
  summary.axes[1].unit = "dB";
  const Facets facets = facets_of(summary);
  REQUIRE(facets.facets.size() == 1);
  CHECK(facets.facets[0].values == std::vector<std::string>{"snr 10 dB", "snr 20 dB", "snr none"});
  CHECK(axis_title(summary, "snr") == "snr (dB)");
  CHECK(axis_title(summary, "method") == "method");
}

TEST_CASE("a panel without curves is dropped") {
  Plot plot;
  plot.panels.resize(3);
  plot.panels[1].series.emplace_back();
  plot.panels[1].place = {7};
  drop_empty_panels(plot);
  REQUIRE(plot.panels.size() == 1);
  CHECK(plot.panels[0].place == std::vector<std::size_t>{7});
}
