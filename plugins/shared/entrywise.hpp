// Matrices X = ρ(Z), entry by entry. Gradient flow in Z is mirror flow in X, with the potential h of h″(x) =
// 1/ρ'(ρ⁻¹(x))²: the dual variable θ = h'(x) = ∫ dz/ρ'(z) moves along −A*(∂ℓ), and so stays in its start plus the range
// of A* (Chou, Maly & Stöger, arXiv 2308.04921, 2023).
#pragma once

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// ρ and what mirror flow makes of it. Each is a function of one entry.
struct Reparametrization {
  std::string function;
  Real exponent = 2;  // e

  void declare(Parameters& p) {
    p.add("function", function, {"power", "tan", "sinh"}, "ρ: sgn(z)|z|^e, tan z or sinh z").required().example("sinh");
    p.add("exponent", exponent, at_least(1), "e of the power: L for the product z^L, 2/p for a bias to small ‖X‖_p");
  }
  bool keeps_sign() const { return function == "power" && exponent >= 2; }

  Real value(Real z) const {
    if (function == "tan") return std::tan(z);
    if (function == "sinh") return std::sinh(z);
    return std::copysign(std::pow(std::abs(z), exponent), z);
  }
  Real derivative(Real z) const {
    if (function == "tan") return 1 + std::pow(std::tan(z), 2);
    if (function == "sinh") return std::cosh(z);
    return exponent * std::pow(std::abs(z), exponent - 1);
  }
  Real inverse(Real x) const {
    if (function == "tan") return std::atan(x);
    if (function == "sinh") return std::asinh(x);
    return std::copysign(std::pow(std::abs(x), 1 / exponent), x);
  }
  /// θ(z) = ∫ dz/ρ'(z); where the sign is kept, for z > 0.
  Real dual(Real z) const {
    const Real e = exponent;
    if (function == "tan") return z / 2 + std::sin(2 * z) / 4;
    if (function == "sinh") return std::atan(std::sinh(z));
    if (e == 2) return std::log(z) / 2;
    return std::copysign(std::pow(std::abs(z), 2 - e) / (e * (2 - e)), e < 2 ? z : -1);
  }
  /// z(θ); NaN where no z has this θ.
  Real from_dual(Real theta) const {
    const Real e = exponent;
    if (function == "sinh") return std::abs(theta) < arma::datum::pi / 2 ? std::asinh(std::tan(theta)) : std::nan("");
    if (function == "tan") {
      Real low = -arma::datum::pi / 2, high = -low;
      if (!(std::abs(theta) < arma::datum::pi / 4)) return std::nan("");
      for (Real z = 0; low < z && z < high; z = (low + high) / 2) (dual(z) < theta ? low : high) = z;
      return (low + high) / 2;
    }
    if (e == 2) return std::exp(2 * theta);
    if (e > 2) return theta < 0 ? std::pow(e * (2 - e) * theta, 1 / (2 - e)) : std::nan("");
    return std::copysign(std::pow(e * (2 - e) * std::abs(theta), 1 / (2 - e)), theta);
  }
};

/// A as a matrix, m × n1·n2: row i is vec(A_i), column by column. For operators that are small.
inline Mat rows_of_operator(const Context& context) {
  const auto [rows, cols] = context.shape;
  const Index m = context.sensing().measurements();
  Mat A(m, rows * cols), row;
  for (Index i = 0; i < m; ++i) {
    Vec unit(m, arma::fill::zeros);
    unit[i] = 1;
    context.sensing().adjoint_times(unit, arma::eye(cols, cols), row);
    A.row(i) = arma::vectorise(row).t();
  }
  return A;
}

/// Whether x (n) is proven to have the least ‖x‖₁ among all with the same A x, A: m × n: by a dual certificate ν, Aᵀν =
/// sgn x on the support of x and |Aᵀν| < 1 off it (Fuchs, IEEE Trans. Inf. Theory 50, 2004). The ν with the smallest
/// |Aᵀν| off the support is sought by least squares with weights that grow with what they weigh (Lawson's iteration).
inline bool has_l1_certificate(const Mat& A, const Vec& x) {
  const arma::uvec on = arma::find(x), off = arma::find(x == 0);
  const Mat A_on = A.cols(on), A_off = A.cols(off);
  const Vec signs = arma::sign(x.elem(on));
  Vec weights(off.n_elem, arma::fill::value(1 / static_cast<Real>(std::max<Index>(off.n_elem, 1))));
  Mat metric = arma::eye(A.n_rows, A.n_rows);
  for (int i = 0; i < 100; ++i) {
    Mat solved, multipliers;
    if (!arma::solve(solved, metric, A_on) || !arma::solve(multipliers, A_on.t() * solved, signs)) return false;
    const Vec nu = solved * multipliers, seen = arma::abs(A_off.t() * nu);
    if (frobenius_norm(A_on.t() * nu - signs) > 1e-9 * frobenius_norm(signs)) return false;
    if (seen.is_empty() || seen.max() < 1 - 1e-9) return true;
    weights = weights % seen / arma::dot(weights, seen);
    metric = A_off * arma::diagmat(weights) * A_off.t();
    metric.diag() += 1e-10 * arma::trace(metric);
  }
  return false;
}

/// The point of {x: A x = y} that is nearest to x0 = ρ(z0) in the Bregman divergence of h: x = ρ(z), θ(z) = θ(z0) +
/// Aᵀν, with ν by Newton's method, damped so that ‖A x − y‖ falls and θ stays where it has a z. A: m × n, y: m, z0: n.
/// Returns z; empty if it is not found.
inline Vec mirror_minimizer(const Reparametrization& rho, const Mat& A, const Vec& y, const Vec& z0) {
  constexpr int most_steps = 500, most_halvings = 60;
  Vec theta = z0, z = z0, x(z0.n_elem), D = x;
  for (Real& t : theta) t = rho.dual(t);
  const auto at = [&](const Vec& dual) {
    for (Index j = 0; j < dual.n_elem; ++j) {
      z[j] = rho.from_dual(dual[j]);
      x[j] = rho.value(z[j]);
      D[j] = std::pow(rho.derivative(z[j]), 2);
    }
    return Vec(y - A * x);
  };
  Vec residual = at(theta);
  for (int step = 0; step < most_steps; ++step) {
    const Real size = frobenius_norm(residual);
    if (size <= 1e-13 * frobenius_norm(y)) return z;
    Mat root = A.t();  // D^{1/2}Aᵀ, whose least squares are those of A D Aᵀ with half the digits lost
    root.each_col() %= arma::sqrt(D);
    const Svd S = svd(root);
    Vec along = S.right.t() * residual;
    for (Index k = 0; k < along.n_elem; ++k)
      along[k] = S.values[k] > 1e-14 * S.values[0] ? along[k] / std::pow(S.values[k], 2) : 0;
    const Vec direction = A.t() * (S.right * along), from = theta;
    Real length = 1;
    for (int i = 0; i < most_halvings; ++i, length /= 2) {
      theta = from + length * direction;
      residual = at(theta);
      if (frobenius_norm(residual) <= (1 - 1e-4 * length) * size) break;
    }
    // What is left is rounding, or there is no solution.
    if (!(frobenius_norm(residual) < size)) {
      at(from);
      return size <= 1e-10 * frobenius_norm(y) ? z : Vec();
    }
  }
  return {};
}

}  // namespace tightrope
