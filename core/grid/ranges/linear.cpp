// linear(first, last, count)
#include <cmath>

#include "core/grid/ranges.hpp"

namespace tightrope {

namespace {

/// What lies between the ends is rounded, so that labels are short and exactly what runs: to six digits of the distance
/// between neighbours.
std::vector<Real> evenly(Real first, Real last, std::size_t count) {
  const Real step = (last - first) / static_cast<Real>(count - 1);
  std::vector<Real> values(count, first);
  for (std::size_t i = 1; i + 1 < count; ++i) {
    const Real value = first + static_cast<Real>(i) * step;
    const Real magnitude = value == 0 ? 0 : std::floor(std::log10(std::abs(value)));
    const int digits = 7 + static_cast<int>(magnitude - std::floor(std::log10(std::abs(step))));
    values[i] = digits < 1 ? 0 : rounded(value, digits);
  }
  values.back() = last;
  return values;
}

}  // namespace

ValueRange linear_value_range() {
  return {"linear",
          20,
          "first, last, count",
          "with equal distances",
          "linear(0.1, 1, 10)",
          {"0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"},
          [](const RangeCall& call) { return spaced_values(call, "linear", evenly); }};
}

}  // namespace tightrope
