// Runge-Kutta methods for ṗ = F(p), and the control of their steps.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "core/numbers/factors.hpp"

namespace tightrope {

/// Slopes k_i = F(p + h Σ_{j<i} a_ij k_j); the last row of a gives the next point. With weights e of the error the
/// method computes the slope of that point, too, and h Σ_j e_j k_j estimates the local error.
struct RungeKutta {
  using Row = std::array<Real, 6>;
  std::span<const Row> a;   // without the first, empty row
  std::span<const Real> e;  // empty: the method does not know its error
  Index stages() const { return a.size(); }
};
const RungeKutta& runge_kutta_4();   // the classical method of order 4
const RungeKutta& dormand_prince();  // the pair 5(4) of Dormand & Prince, J. Comput. Appl. Math. 6, 1980

/// Root mean square over the entries of error/(1 + max(|from|, |to|)).
Real scaled_error(const Factors& error, const Factors& from, const Factors& to);

/// Steps of methods of order 5 as Hairer, Nørsett & Wanner control them (Solving ODEs I, II.4, dopri5). `ratio` is the
/// scaled error over the tolerance.
namespace step_control {
inline constexpr Real first_ratio = 1e-4;  // stands for that of the step before the first one
/// The step after one that was accepted; `last` is the ratio of the accepted step before it.
Real after_accepted(Real step, Real ratio, Real last, bool was_rejected_before);
/// The step to try instead of one that was rejected.
Real after_rejected(Real step, Real ratio);
}  // namespace step_control

/// The step, unless one of the increasing times comes first: then the step to it. Where no sum rounds to that time,
/// half of the rest leaves one that does.
Real step_up_to(const std::vector<Real>& times, Real time, Real step);

}  // namespace tightrope
