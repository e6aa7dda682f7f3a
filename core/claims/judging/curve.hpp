// Laws that are fitted: over the iterations of a run, or over a label that runs differ in.
#pragma once

#include "core/claims/judging/measured.hpp"
#include "core/statistics/fits.hpp"

namespace tightrope {

/// Each is a straight line once logarithms are taken; its slope is what a claim speaks of.
struct Law {
  std::string word, axis_word;  // `slope of QUANTITY over log10 LABEL`: "slope", "log10"
  std::string name;             // of the slope, beside the curve
  std::string meaning;          // "the s of QUANTITY ~ LABEL^s"
  LineFit (*fit)(std::span<const Real> x, std::span<const Real> y, Real level);
  Real (*straight_x)(Real);  // null: x itself
  bool has_log_y;
};
/// Each has a file among the topics (core/claims/topics). Null if there is none.
const Law* find_law(const std::string& word, const std::string& axis_word = "");

/// A curve that a claim speaks of.
struct CurveFit {
  LineFit line;    // in coordinates in which the law is a straight line; its `trouble` says why there is none
  Interval range;  // of the x that it was fitted to
  const Law* law = nullptr;
  /// The coordinates of the line.
  Real straight_x(Real x) const { return law->straight_x ? law->straight_x(x) : x; }
  Real straight_y(Real y) const;
  Real at(Real x) const;
  Measured slope() const;
};
CurveFit no_fit(std::string trouble);
CurveFit fit_curve(const Law& law, const std::vector<Real>& x, const std::vector<Real>& y);

}  // namespace tightrope
