// Minima of functions of one variable whose derivative is known.
#pragma once

#include <cmath>
#include <limits>

#include "core/numbers/types.hpp"

namespace tightrope {

/// A function of μ ≥ 0 and its derivative at one point.
struct LinePoint {
  Real value = 0, slope = 0;
};

/// A minimizer μ > 0 of φ to rounding, with φ(μ) ≤ φ(0), where φ falls at 0 (start = φ(0), start.slope < 0). It is
/// enclosed by doubling `first` until φ rises or exceeds φ(0), and found by Illinois' false positions (Dowell &
/// Jarratt, BIT 11, 1971) upon φ′, with a bisection after every two of them, so that kinks do no harm. ∞ if φ falls
/// without end.
template <class Function>
Real line_minimum(const Function& phi, LinePoint start, Real first) {
  const Real most = start.value + 1e-12 * std::abs(start.value);
  Real low = 0, high = first, at_low = start.slope, at_high = 0;
  bool is_low = true, was_low = true;
  const auto move_to = [&](Real mu) {
    const LinePoint found = phi(mu);
    was_low = is_low;
    is_low = found.slope < 0 && found.value <= most;
    (is_low ? low : high) = mu;
    (is_low ? at_low : at_high) = is_low ? found.slope : std::abs(found.slope);
  };
  for (move_to(high); is_low; move_to(2 * high)) {
    if (high > 1e100) return std::numeric_limits<Real>::infinity();
    high = low;
  }
  for (int i = 0; i < 300; ++i) {
    Real mu = i % 3 == 2 ? (low + high) / 2 : low - at_low * (high - low) / (at_high - at_low);
    if (!(mu > low && mu < high)) mu = (low + high) / 2;
    if (!(mu > low && mu < high)) break;
    move_to(mu);
    if (is_low == was_low) (is_low ? at_high : at_low) /= 2;
  }
  return high;
}

}  // namespace tightrope
