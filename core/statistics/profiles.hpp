// Profiles: many problems, several methods, one curve each.
#pragma once

#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

/// A step function that starts at 0 and jumps to `share` at `at`; both increase. No steps: no problem was ever solved.
struct Profile {
  struct Step {
    Real at, share;
  };
  std::vector<Step> steps;
  Real at(Real where) const;  ///< the share at `where`, the jump there included
};

// costs[problem][method]: what the method spent to solve the problem (iterations, passes, seconds; ≥ 0), infinity if it
// did not. Every problem counts, also one that nobody solved. One profile per method; none for no problems.

/// Performance profiles (Dolan & Moré, Mathematical Programming 91, 2002): the share of the problems that a method
/// solved at no more than τ times the cost of the cheapest method, over τ ≥ 1. A cost of 0 has the ratio 1 if it is the
/// cheapest, and every other cost then has an infinite one.
std::vector<Profile> performance_profiles(const std::vector<std::vector<Real>>& costs);

}  // namespace tightrope
