// Least squares by the bidiagonalization of Golub and Kahan.
#pragma once

#include <cmath>

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// When LSQR is content, and when it gives up.
struct LsqrRules {
  Real tolerance = 1e-14;  // of ‖r‖ relative to ‖b‖ + ‖B‖‖x‖, and of ‖Bᵀr‖ relative to ‖B‖‖r‖
  Real condition_limit = 1e8;  // of the estimate of ‖B‖_F ‖B†‖_F
  Index most_iterations = 2000;
};

/// What LSQR says of its solution, which is left where it was asked for.
struct LsqrEnd {
  Index iterations = 0;  // of one product with B and one with Bᵀ each
  Real residual = 0;     // ‖B x − b‖/‖b‖
};

/// The x of least norm among those that minimise ‖B x − b‖₂ (LSQR: Paige & Saunders, ACM Trans. Math. Softw. 8, 1982):
/// x = 0 at first, and every later x is in the range of Bᵀ. product(x, u): u = B x, of the shape of b; transposed(u,
/// v): v = Bᵀ u, of the shape of x. Of a B without full rank, rounding brings in what B does not see, and small
/// tolerances let it grow without bound: the limit of the condition number ends that. x has the right shape when it
/// comes.
template <class Product, class Transposed>
LsqrEnd lsqr(const Vec& b, const LsqrRules& rules, const Product& product, const Transposed& transposed, Factors& x) {
  LsqrEnd end;
  scale(x, 0);
  const Real size_b = frobenius_norm(b);
  Real beta = size_b, alpha = 0, square_B = 0, square_inverse = 0;
  if (beta == 0) return end;
  Vec u = b / beta, Bv;
  Factors v = x, w;
  const auto towards = [&](Real share) {  // v ← Bᵀu − share v, of length alpha before it is made a unit vector
    Factors Bu = x;
    transposed(u, Bu);
    add_scaled(Bu, -share, v);
    v = std::move(Bu);
    alpha = norm(v);
    if (alpha > 0) scale(v, 1 / alpha);
  };
  towards(0);
  end.residual = 1;
  if (alpha == 0) return end;
  w = v;
  Real rho_bar = alpha, phi_bar = beta;
  while (end.iterations < rules.most_iterations) {
    square_B += alpha * alpha;
    product(v, Bv);
    u = Bv - alpha * u;
    beta = frobenius_norm(u);
    if (beta > 0) u /= beta;
    square_B += beta * beta;
    towards(beta);
    const Real rho = std::hypot(rho_bar, beta), cosine = rho_bar / rho, sine = beta / rho;
    const Real theta = sine * alpha, phi = cosine * phi_bar;
    rho_bar = -cosine * alpha;
    phi_bar *= sine;
    square_inverse += dot(w, w) / (rho * rho);
    add_scaled(x, phi / rho, w);
    scale(w, -theta / rho);
    add_scaled(w, 1, v);
    ++end.iterations;
    end.residual = phi_bar / size_b;
    const Real size_B = std::sqrt(square_B);
    if (phi_bar <= rules.tolerance * (size_b + size_B * norm(x))) break;
    if (alpha * std::abs(cosine) <= rules.tolerance * size_B) break;
    if (size_B * std::sqrt(square_inverse) >= rules.condition_limit) break;
  }
  return end;
}

}  // namespace tightrope
