#include "core/claims/judging/curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tightrope {

const std::vector<Law>& laws() {
  static const std::vector<Law> all = {
      {"exponent", "", "fitted exponent", "the s of QUANTITY ~ LABEL^s", fit_power_law, std::log, true},
      {"rate", "", "fitted rate", "the s of QUANTITY ~ exp(s · LABEL)", fit_exponential, nullptr, true},
      {"slope", "", "fitted slope", "the s of QUANTITY ~ c + s · LABEL", fit_line, nullptr, false},
      {"slope", "log10", "fitted slope per decade",
       "the s of QUANTITY ~ c + s · log10 LABEL, what is gained per decade", fit_per_decade, std::log10, false}};
  return all;
}

const Law* find_law(const std::string& word, const std::string& axis_word) {
  const auto at = std::find_if(laws().begin(), laws().end(),
                               [&](const Law& law) { return law.word == word && law.axis_word == axis_word; });
  return at == laws().end() ? nullptr : &*at;
}

Real CurveFit::straight_y(Real y) const { return law->has_log_y ? std::log(y) : y; }

Real CurveFit::at(Real x) const {
  const Real y = line.intercept + line.slope * straight_x(x);
  return law->has_log_y ? std::exp(y) : y;
}

Measured CurveFit::slope() const {
  if (!line.trouble.empty()) return Measured::nothing("no fit: " + line.trouble);
  if (line.count < 3) return Measured::exactly(line.slope, fmt::format(" ({} points)", line.count));
  return Measured::exactly(line.slope, fmt::format(" (95 % interval {:.4g} to {:.4g}, {} points)",
                                                   line.slope_interval.low, line.slope_interval.high, line.count));
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
