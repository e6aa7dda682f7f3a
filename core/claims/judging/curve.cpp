#include "core/claims/judging/curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tightrope {

Real CurveFit::straight_y(Real y) const { return law->has_log_y ? std::log(y) : y; }

Real CurveFit::at(Real x) const {
  const Real y = line.intercept + line.slope * straight_x(x);
  return law->has_log_y ? std::exp(y) : y;
}

Measured CurveFit::slope() const {
  if (!line.trouble.empty()) return Measured::nothing("no fit: " + line.trouble);
  if (line.count < 3) return Measured::exactly(line.slope, fmt::format(" ({} points)", line.count));
  return Measured::exactly(line.slope,
                           fmt::format(" (95 % interval {} to {}, {} points)", measured_text(line.slope_interval.low),
                                       measured_text(line.slope_interval.high), line.count));
}

CurveFit no_fit(std::string trouble) {
  CurveFit fit;
  fit.line.trouble = std::move(trouble);
  return fit;
}

CurveFit fit_curve(const Law& law, const std::vector<Real>& x, const std::vector<Real>& y) {
  CurveFit fit{law.fit(x, y, 0.95), {}, &law};
  if (!x.empty()) fit.range = {*std::min_element(x.begin(), x.end()), *std::max_element(x.begin(), x.end())};
  return fit;
}

}  // namespace tightrope
