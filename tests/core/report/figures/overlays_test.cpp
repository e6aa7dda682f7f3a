// What claims say, as lines over the data: fits along an axis and levels of a column.
#include "core/report/figures/overlays.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

namespace {

Claim claim(const std::string& text) {
  std::vector<Diagnostic> diagnostics;
  Claim result = read_claim(parse_yaml(text, "c.yaml"), diagnostics);
  REQUIRE_MESSAGE(diagnostics.empty(), (diagnostics.empty() ? "" : diagnostics[0].text()));
  return result;
}

/// Runs at values of `scale` that reach an error below 0.1 after some iterations, one row each.
struct Runs {
  std::vector<StoredCell> cells;
  Runs(const std::vector<Real>& scales, const std::vector<Real>& arrivals) {
    for (std::size_t i = 0; i < scales.size(); ++i) {
      StoredCell& cell = cells.emplace_back();
      cell.labels = {{"scale", shortest(scales[i])}};
      for (const char* name : {"iteration", "error", "theory"}) cell.trace.columns.emplace_back().name = name;
      cell.trace.rows = {{0, 1, 1}, {arrivals[i], 0.01, 0.02}};
      cell.trace.seconds = {0, 1};
    }
  }
  std::vector<const StoredCell*> all() const {
    std::vector<const StoredCell*> pointers;
    for (const StoredCell& cell : cells) pointers.push_back(&cell);
    return pointers;
  }
  std::vector<Overlay> fits(const std::string& that, const std::string& is, const std::string& quantity) const {
    return fits_along_axis({claim("{that: " + that + ", is: " + is + "}")},
                           *read_quantity(Node::make_scalar(quantity, {})), "scale", all());
  }
  std::vector<Overlay> levels(const std::string& text) const {
    return overlays_of({claim(text)}, "error", *find_cost("iterations"), all());
  }
};

const std::string arrival = "iterations to error < 0.1";

}  // namespace

TEST_CASE("a slope that is claimed is drawn over the label, as a curve through the points that it is fitted to") {
  const Runs runs({1e-4, 1e-3, 1e-2}, {100, 80, 60});
  const auto decades = runs.fits("slope of " + arrival + " over log10 scale", "between -25 and -15", arrival);
  REQUIRE(decades.size() == 1);
  CHECK(decades[0].role == "fitted slope per decade (claim: between -25 and -15)");
  CHECK(*decades[0].slope == doctest::Approx(-20));
  REQUIRE(decades[0].x.size() == decades[0].y.size());
  CHECK(decades[0].x.front() == doctest::Approx(1e-4));
  CHECK(decades[0].x.back() == doctest::Approx(1e-2));
  for (std::size_t i = 0; i < decades[0].x.size(); ++i)
    CHECK(decades[0].y[i] == doctest::Approx(20 - 20 * std::log10(decades[0].x[i])));
  const auto constant = runs.fits("slope of " + arrival + " over log10 scale", "constant, up to: 10 %", arrival);
  REQUIRE(constant.size() == 1);
  CHECK(constant[0].role == "fitted slope per decade (claim: constant up to 10 %)");
  const Runs linear({1, 2, 300}, {11, 12, 310});
  const auto plain = linear.fits("slope of " + arrival + " over scale", "'>= 0.5'", arrival);
  REQUIRE(plain.size() == 1);
  CHECK(plain[0].role == "fitted slope (claim: ≥ 0.5)");
  for (std::size_t i = 0; i < plain[0].x.size(); ++i) CHECK(plain[0].y[i] == doctest::Approx(10 + plain[0].x[i]));
  const auto power = Runs({1, 2, 4}, {10, 20, 40}).fits("exponent of " + arrival + " over scale", "< 2", arrival);
  REQUIRE(power.size() == 1);
  CHECK(power[0].role == "fitted exponent (claim: < 2)");
  CHECK(power[0].y[7] == doctest::Approx(10 * power[0].x[7]));
}

TEST_CASE("what is claimed of one fit is told of one curve") {
  const Runs runs({1e-4, 1e-3, 1e-2}, {100, 80, 60});
  const auto fits =
      fits_along_axis({claim("{that: slope of " + arrival + " over log10 scale, is: < -15}"),
                       claim("{that: slope of " + arrival + " over scale, is: < 0}"),
                       claim("{that: slope of " + arrival + " over log10 scale, is: constant, up to: 5 %}")},
                      *read_quantity(Node::make_scalar(arrival, {})), "scale", runs.all());
  REQUIRE(fits.size() == 2);
  CHECK(fits[0].role == "fitted slope per decade (claim: < -15; constant up to 5 %)");
  CHECK(fits[1].role == "fitted slope (claim: < 0)");
}

TEST_CASE("a fit is drawn over its own quantity and axis alone, and where there is one") {
  const Runs runs({1e-4, 1e-3, 1e-2}, {100, 80, 60});
  const std::string slope = "slope of " + arrival + " over log10 scale";
  CHECK(runs.fits(slope, "< 0", "passes to error < 0.1").empty());
  CHECK(runs.fits(slope, "< 0", "iterations to error < 0.2").empty());
  CHECK(runs.fits(slope, "< 0", "final error").empty());
  CHECK(runs.fits("slope of " + arrival + " over log10 kappa", "< 0", arrival).empty());
  CHECK(runs.fits(slope + ", relative to: iterations", "< 0", arrival).empty());
  CHECK(runs.fits("slope of final deviation of error from theory over scale", "< 0", "final error").empty());
  CHECK(runs.fits("slope of final error over scale", "< 0", "final error").size() == 1);
  CHECK(Runs({0, 1, 10}, {1, 2, 3}).fits(slope, "< 0", arrival).empty());
}

TEST_CASE("claims about a column are levels of it, those about its deviation are not") {
  const Runs runs({1}, {10});
  const auto early = runs.levels("{that: error at smallest theory, is: < 0.5}");
  REQUIRE(early.size() == 1);
  CHECK(early[0].is_level());
  CHECK(early[0].y.front() == 0.5);
  CHECK(early[0].text == "error at smallest theory < 0.5");
  CHECK(runs.levels("{that: error at smallest theory, relative to: smallest error, is: < 0.5}").empty());
  CHECK(runs.levels("{that: largest error, from: 5, is: < 0.5}").size() == 1);
  CHECK(runs.levels("{that: largest deviation of error from theory, is: < 0.5}").empty());
  CHECK(runs.levels("{that: iterations to deviation of error from theory > 0.5, is: < 5}").empty());
  CHECK(runs.levels("{that: rate of deviation of error from theory, is: < 5}").empty());
  CHECK(runs.levels("{that: slope of final error over scale, is: < 0.5}").empty());
}
