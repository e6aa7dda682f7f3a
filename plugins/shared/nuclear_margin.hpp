// Maximum margins in the nuclear norm: min ‖W‖_* over the W ∈ R^{p×q} with ⟨d_j, W z_j⟩ ≥ h_j, by the alternating
// direction method of multipliers (Boyd, Parikh, Chu, Peleato & Eckstein, Found. Trends Mach. Learn. 3, 2011), with the
// gap to the dual problem as its proof:
//   max Σ λ_j h_j  over  λ ≥ 0 with ‖Σ λ_j d_j z_jᵀ‖₂ ≤ 1.
#pragma once

#include <limits>

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// A feasible W of least nuclear norm, singular values that vanish being 0 exactly but for rounding, and feasible
/// multipliers λ; ‖W‖_* − Σ λ_j h_j is at most `gap` ‖W‖_*.
struct NuclearMargin {
  Mat W;
  Vec multipliers;
  Index rank = 0;
  Real gap = std::numeric_limits<Real>::infinity();
};

/// D: p × N, Z: q × N, h: N numbers above 0, `start`: a feasible point. With rows divided by their lengths, pairs (V,
/// t) with ⟨d_j, V z_j⟩ − t_j = h_j and pairs (W, s) with s ≥ 0 are drawn to each other; the first are projected, the
/// second are shrunk. Ends at a relative gap of 1e-9, or without it after 20000 rounds.
inline NuclearMargin nuclear_margin(const Mat& D, const Mat& Z, const Vec& h, const Mat& start) {
  constexpr int most_rounds = 20000, rounds_between_checks = 25;
  constexpr Real tolerance = 1e-9;
  const Vec lengths = arma::sqrt(arma::sum(D % D, 0) % arma::sum(Z % Z, 0)).t(), bounds = h / lengths;
  const Mat unit = D.each_row() / lengths.t();
  const auto margins = [&](const Mat& W) { return Vec(arma::sum(unit % (W * Z), 0).t()); };
  const auto combined = [&](const Vec& lambda) { return Mat((unit.each_row() % lambda.t()) * Z.t()); };
  Mat system = (unit.t() * unit) % (Z.t() * Z);
  system.diag() += 1;
  const Mat inverse = arma::inv_sympd(system);  // no eigenvalue is below 1
  const Real shrinkage = 0.3 * spectral_norm(start);

  Mat W = start, U(arma::size(W), arma::fill::zeros);
  Vec s = arma::max(margins(W) - bounds, Vec(h.n_elem, arma::fill::zeros)), u(h.n_elem, arma::fill::zeros);
  NuclearMargin best;
  for (int round = 1; round <= most_rounds; ++round) {
    const Mat V = W - U;
    const Vec t = s - u, correction = inverse * (bounds - (margins(V) - t));
    const Mat V_on = V + combined(correction);
    const Vec t_on = t - correction;
    Svd shrunk = svd(Mat(V_on + U));
    shrunk.values = arma::clamp(shrunk.values - shrinkage, 0, arma::datum::inf);
    W = shrunk.left * arma::diagmat(shrunk.values) * shrunk.right.t();
    s = arma::clamp(t_on + u, 0, arma::datum::inf);
    U += V_on - W;
    u += t_on - s;
    if (round % rounds_between_checks != 0) continue;
    const Real smallest = Vec(margins(W) / bounds).min(), norm = arma::accu(shrunk.values) / smallest;
    const Vec lambda = arma::clamp(-u, 0, arma::datum::inf);
    const Real size = spectral_norm(combined(lambda));
    if (!(smallest > 0 && size > 0)) continue;
    const Real gap = 1 - arma::dot(lambda, bounds) / size / norm;
    if (gap < best.gap) best = {W / smallest, lambda / size / lengths, arma::accu(shrunk.values > 0), gap};
    if (best.gap <= tolerance) break;
  }
  return best;
}

}  // namespace tightrope
