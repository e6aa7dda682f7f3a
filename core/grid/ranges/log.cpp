// log(first, last, count)
#include <algorithm>
#include <cmath>

#include "core/grid/ranges.hpp"

namespace tightrope {

namespace {

/// What lies between the ends is rounded, so that labels are short and exactly what runs: to six digits, more where
/// neighbours are close.
std::vector<Real> geometric(Real first, Real last, std::size_t count) {
  const Real step = (std::log10(last) - std::log10(first)) / static_cast<Real>(count - 1);
  const int digits = 6 + std::max(0, static_cast<int>(std::floor(-std::log10(std::abs(step)))));
  std::vector<Real> values(count, first);
  for (std::size_t i = 1; i + 1 < count; ++i)
    values[i] = rounded(std::pow(10, std::log10(first) + static_cast<Real>(i) * step), digits);
  values.back() = last;
  return values;
}

}  // namespace

ValueRange log_value_range() {
  return {"log",
          10,
          "first, last, count",
          "with equal ratios",
          "log(1e-6, 1e-2, 5)",
          {"1e-6", "1e-5", "1e-4", "0.001", "0.01"},
          [](const RangeCall& call) {
            return spaced_values(call, "log", [&](Real first, Real last, std::size_t count) {
              if (first <= 0 || last <= 0)
                throw Error(Exit::config, "the ends of a log range must be above 0, but this is " + excerpt(call.text));
              return geometric(first, last, count);
            });
          }};
}

}  // namespace tightrope
