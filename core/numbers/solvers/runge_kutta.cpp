#include "core/numbers/solvers/runge_kutta.hpp"

#include <algorithm>
#include <cmath>

namespace tightrope {

namespace {

constexpr RungeKutta::Row classical[] = {{1.0 / 2}, {0, 1.0 / 2}, {0, 0, 1}, {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6}};
constexpr RungeKutta::Row embedded[] = {{1.0 / 5},
                                        {3.0 / 40, 9.0 / 40},
                                        {44.0 / 45, -56.0 / 15, 32.0 / 9},
                                        {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
                                        {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
                                        {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};
constexpr Real embedded_error[] = {71.0 / 57600,      0,          -71.0 / 16695, 71.0 / 1920,
                                   -17253.0 / 339200, 22.0 / 525, -1.0 / 40};

}  // namespace

const RungeKutta& runge_kutta_4() {
  static const RungeKutta method{classical, {}};
  return method;
}

const RungeKutta& dormand_prince() {
  static const RungeKutta method{embedded, embedded_error};
  return method;
}

Real scaled_error(const Factors& error, const Factors& from, const Factors& to) {
  Factors scaled = error;
  Real entries = 0;
  for (Index b = 0; b < scaled.size(); ++b) {
    scaled[b] /= 1 + arma::max(arma::abs(from[b]), arma::abs(to[b]));
    entries += static_cast<Real>(scaled[b].n_elem);
  }
  return norm(scaled) / std::sqrt(entries);
}

Real step_control::after_accepted(Real step, Real ratio, Real last, bool was_rejected_before) {
  const Real most = was_rejected_before ? 1 : 10;
  return step * std::clamp(0.9 * std::pow(ratio, -0.17) * std::pow(last, 0.04), 0.2, most);
}

Real step_control::after_rejected(Real step, Real ratio) { return step * std::max(0.2, 0.9 * std::pow(ratio, -0.17)); }

Real step_up_to(const std::vector<Real>& times, Real time, Real step) {
  const auto next = std::upper_bound(times.begin(), times.end(), time);
  if (next == times.end() || step * (1 + 1e-9) < *next - time) return step;
  const Real rest = *next - time;
  return time + rest == *next ? rest : rest / 2;
}

}  // namespace tightrope
