#include "core/statistics/fits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace tightrope {

namespace {

LineFit troubled(std::string why) {
  LineFit fit;
  fit.trouble = std::move(why);
  return fit;
}

/// Logarithms, or the first value that has none.
std::optional<Real> take_logarithms(std::span<const Real> values, std::vector<Real>& out,
                                    Real (*logarithm)(Real) = std::log) {
  for (const Real value : values) {
    if (!(value > 0)) return value;
    out.push_back(logarithm(value));
  }
  return std::nullopt;
}

}  // namespace

LineFit fit_line(std::span<const Real> x, std::span<const Real> y, Real level) {
  const Index n = std::min(x.size(), y.size());
  if (n < 2) return troubled(n == 0 ? "there are no points" : "there is only one point");
  for (Index i = 0; i < n; ++i)
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) return troubled("a value is not finite");
  const Real count = static_cast<Real>(n);
  Real mean_x = 0, mean_y = 0;
  for (Index i = 0; i < n; ++i) {
    mean_x += x[i] / count;
    mean_y += y[i] / count;
  }
  Real xx = 0, xy = 0;
  for (Index i = 0; i < n; ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  // Equal x leave some rounding in xx.
  if (!(xx > 0) || std::all_of(x.begin(), x.end(), [&](Real value) { return value == x[0]; }))
    return troubled("all points are at the same place");
  LineFit fit;
  fit.count = n;
  fit.slope = xy / xx;
  fit.intercept = mean_y - fit.slope * mean_x;
  Real residuals = 0;  // from the residuals themselves: the textbook difference of squares cancels in a good fit
  for (Index i = 0; i < n; ++i) {
    const Real residual = (y[i] - mean_y) - fit.slope * (x[i] - mean_x);
    residuals += residual * residual;
  }
  constexpr Real infinity = std::numeric_limits<Real>::infinity();
  if (n == 2) {
    fit.standard_error = infinity;
    fit.slope_interval = {-infinity, infinity};
    return fit;
  }
  fit.standard_error = std::sqrt(residuals / (count - 2) / xx);
  const Real reach = boost::math::quantile(boost::math::students_t(count - 2), (1 + level) / 2) * fit.standard_error;
  fit.slope_interval = {fit.slope - reach, fit.slope + reach};
  return fit;
}

LineFit fit_power_law(std::span<const Real> x, std::span<const Real> y, Real level) {
  std::vector<Real> log_x, log_y;
  if (const auto bad = take_logarithms(x, log_x)) return troubled(fmt::format("{} has no logarithm", *bad));
  if (const auto bad = take_logarithms(y, log_y)) return troubled(fmt::format("{} has no logarithm", *bad));
  return fit_line(log_x, log_y, level);
}

LineFit fit_exponential(std::span<const Real> x, std::span<const Real> y, Real level) {
  std::vector<Real> log_y;
  if (const auto bad = take_logarithms(y, log_y)) return troubled(fmt::format("{} has no logarithm", *bad));
  return fit_line(x, log_y, level);
}

LineFit fit_per_decade(std::span<const Real> x, std::span<const Real> y, Real level) {
  std::vector<Real> log_x;
  if (const auto bad = take_logarithms(x, log_x, std::log10)) return troubled(fmt::format("{} has no logarithm", *bad));
  return fit_line(log_x, y, level);
}

}  // namespace tightrope
