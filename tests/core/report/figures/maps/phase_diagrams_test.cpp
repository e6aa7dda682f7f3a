// Maps over two axes: one for each method and each combination of further values, none left out.
#include "core/report/figures/maps/phase_diagrams.hpp"

#include <doctest/doctest.h>

#include <map>
#include <regex>
#include <string>

using namespace tightrope;

namespace {

/// Methods × x (4 numbers) × y (3 numbers, in dB) × z, each setting with a final error; `run` says which have been run.
template <class IsRun>
Summary study(std::size_t methods, std::size_t z_values, const IsRun& is_run) {
  Summary summary;
  summary.by = "method";
  summary.columns = {"error"};
  const auto axis = [&](const std::string& label, const std::string& prefix, std::size_t count) {
    StudyAxis& own = summary.axes.emplace_back();
    own.label = own.path = label;
    for (std::size_t i = 1; i <= count; ++i) own.values.push_back(prefix + std::to_string(i));
    return own.values;
  };
  const auto m = axis("method", "m", methods), x = axis("x", "", 4), y = axis("y", "", 3), z = axis("z", "z", z_values);
  summary.axes[2].unit = "dB";
  for (const std::string& method : m) summary.methods.push_back({method, {{"method", method}}});
  for (const std::string& method : m)
    for (const std::string& a : x)
      for (const std::string& b : y)
        for (const std::string& c : z) {
          Setting& setting = summary.settings.emplace_back();
          setting.labels = {{"method", method}, {"x", a}, {"y", b}, {"z", c}};
          if (!is_run(setting.labels)) continue;
          FinalValues& own = setting.finals.emplace_back();
          own.column = "error";
          own.count = 3;
          own.median.value = 0.25;
        }
  return summary;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

}  // namespace

TEST_CASE("every combination has its map, on as many sheets as that takes") {
  const auto diagrams = phase_diagrams_of(study(3, 9, [](const Labels&) { return true; }));
  REQUIRE(diagrams.size() == 1);
  REQUIRE(diagrams[0].svgs.size() == 1);
  CHECK(diagrams[0].svgs[0].size() == 3);  // of 12 maps at most
  std::string all;
  for (const std::string& sheet : diagrams[0].svgs[0]) all += sheet;
  for (int m = 1; m <= 3; ++m)
    for (int z = 1; z <= 9; ++z)
      CHECK(count_of(all, ">m" + std::to_string(m) + " · z z" + std::to_string(z) + "<") == 1);
  CHECK(count_of(all, "<rect x=") >= 3 * 9 * 12);
  CHECK(count_of(diagrams[0].svgs[0][2], ">y (dB)<") == 1);
  CHECK(count_of(diagrams[0].svgs[0][2], ">x<") == 1);
  CHECK(count_of(diagrams[0].svgs[0][2], ">3 of 3<") == 1);
}

TEST_CASE("what has not been run has no map") {
  const auto diagrams = phase_diagrams_of(study(2, 2, [](const Labels& labels) { return labels.at("z") == "z1"; }));
  REQUIRE(diagrams.size() == 1);
  REQUIRE(diagrams[0].svgs[0].size() == 1);
  CHECK(diagrams[0].svgs[0][0].find(">m2 · z z1<") != std::string::npos);
  CHECK(diagrams[0].svgs[0][0].find("z z2") == std::string::npos);
  CHECK(phase_diagrams_of(study(2, 2, [](const Labels&) { return false; })).empty());
}

TEST_CASE("a square stands above its x and beside its y, with the value of its own setting") {
  Summary summary = study(1, 1, [](const Labels&) { return true; });
  for (Setting& setting : summary.settings)  // 0.12 for x = 1, y = 2
    setting.finals[0].median.value = std::stod("0." + setting.labels.at("x") + setting.labels.at("y"));
  const std::string svg = phase_diagrams_of(summary)[0].svgs[0][0];
  std::map<std::pair<int, int>, std::pair<double, double>> places;
  const std::regex square(
      "<rect x=\"([0-9.]+)\" y=\"([0-9.]+)\"[^>]*><title>[^<]*x ([0-9])[^<]*y ([0-9])[^<]*: median ([0-9.]+)");
  for (std::sregex_iterator found(svg.begin(), svg.end(), square), end; found != end; ++found) {
    const std::smatch& part = *found;
    CHECK(part[5].str().starts_with("0." + part[3].str() + part[4].str()));
    places[{std::stoi(part[3]), std::stoi(part[4])}] = {std::stod(part[1]), std::stod(part[2])};
  }
  REQUIRE(places.size() == 12);
  const auto [left, bottom] = places.at({1, 1});
  const double width = places.at({2, 1}).first - left, height = bottom - places.at({1, 2}).second;
  CHECK(width > 1);
  CHECK(height > 1);
  for (const auto& [values, place] : places) {
    CHECK(place.first == doctest::Approx(left + (values.first - 1) * width).epsilon(1e-3));
    CHECK(place.second == doctest::Approx(bottom - (values.second - 1) * height).epsilon(1e-3));
  }
}
