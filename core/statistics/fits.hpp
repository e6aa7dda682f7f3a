// Exponents of power laws and exponential rates, by least squares, with intervals.
#pragma once

#include <span>
#include <string>

#include "core/statistics/statistics.hpp"

namespace tightrope {

/// y ≈ intercept + slope·x by ordinary least squares.
struct LineFit {
  std::string
      trouble;  ///< why there is no fit ("only one point", …); empty if there is one, and only then the rest counts
  Real slope = 0, intercept = 0;
  Interval slope_interval;  ///< slope ∓ t·(standard error), Student's t with count - 2 degrees of freedom
  Real standard_error = 0;  ///< of the slope
  Index count = 0;          ///< of points
};
/// Two points fix a line but say nothing of its error: the interval is then (-∞, ∞). No fit for fewer than two points,
/// for x that are all equal, or for values that are not finite.
LineFit fit_line(std::span<const Real> x, std::span<const Real> y, Real level = 0.95);

/// y ≈ C·x^slope: fit_line of ln y over ln x; `intercept` is ln C. No fit if an x or a y is not positive.
LineFit fit_power_law(std::span<const Real> x, std::span<const Real> y, Real level = 0.95);
/// y ≈ C·exp(slope·x): fit_line of ln y over x; `intercept` is ln C. Falling values have a negative rate. No fit if a y
/// is not positive.
LineFit fit_exponential(std::span<const Real> x, std::span<const Real> y, Real level = 0.95);
/// y ≈ C + slope·log10 x: fit_line of y over log10 x. No fit if an x is not positive.
LineFit fit_per_decade(std::span<const Real> x, std::span<const Real> y, Real level = 0.95);

}  // namespace tightrope
