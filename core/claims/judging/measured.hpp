// Numbers that are known, or known to lie between two others, and what follows from them.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "core/claims/condition.hpp"

namespace tightrope {

/// A number that is known, or known to lie strictly between two others.
struct Measured {
  Real low = 0, high = 0;
  bool is_exact = true;
  bool is_lost = false;  // a time that no patience would have made known
  std::string trouble;   // why there is no number at all
  std::string note;      // to be told beside it

  static Measured exactly(Real value, std::string note = "") {
    return {value, value, true, false, "", std::move(note)};
  }
  static Measured between(Real low, Real high) { return {low, high, false, false, "", ""}; }
  static Measured more_than(Real low) { return between(low, std::numeric_limits<Real>::infinity()); }
  static Measured nothing(std::string why) { return {0, 0, true, false, std::move(why), ""}; }

  bool is_number() const { return trouble.empty() && is_exact; }
  /// With digits enough to tell it from what it stands beside.
  std::string text(const std::vector<Real>& beside = {}) const;
  std::string text(const std::vector<Measured>& beside) const;
};

/// With four digits, or as many more as tell it from the numbers that it stands beside.
std::string measured_text(Real value, const std::vector<Real>& beside = {});

/// Whether the condition follows from what is known.
bool follows(const Condition& condition, const Measured& value);
/// How good a value is for a condition: larger is better.
Real merit(const Condition& condition, const Measured& value);
Measured ratio(const Measured& a, const Measured& b);
/// Of times some of which are known to be longer than the run: their Kaplan-Meier median.
Measured median_of(const std::vector<Measured>& values);
/// Of numbers that are all known.
Measured mean_of(const std::vector<Measured>& values);

}  // namespace tightrope
