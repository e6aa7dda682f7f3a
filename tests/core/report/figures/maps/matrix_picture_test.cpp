// The colour scale of maps and pictures.
#include "core/report/figures/maps/matrix_picture.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <string>

using namespace tightrope;

TEST_CASE("colours change by small steps, and no part of one is clipped on the way") {
  const auto part = [](const std::string& colour, std::size_t i) {
    return std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16);
  };
  constexpr int steps = 64;
  Real luminance = -1;
  for (int k = 0; k <= steps; ++k) {
    const std::string colour = scale_colour(static_cast<Real>(k) / steps),
                      before = scale_colour(std::max(0, k - 1) / static_cast<Real>(steps));
    Real own = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(std::abs(part(colour, i) - part(before, i)) <= 12);
      if (k > 0 && k < steps) CHECK((part(colour, i) > 0 && part(colour, i) < 255));
      own += std::array<Real, 3>{0.2126, 0.7152, 0.0722}[i] * std::pow(part(colour, i) / 255.0, 2.2);
    }
    CHECK(own > luminance);
    luminance = own;
  }
}
