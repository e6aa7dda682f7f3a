// The manifold of matrices of rank r, embedded in all matrices (Vandereycken, SIAM J. Optim. 23, 2013). At X = U Σ Vᵀ
// its tangent vectors are U M Vᵀ + U_p Vᵀ + U V_pᵀ with UᵀU_p = 0 and VᵀV_p = 0.
#pragma once

#include "core/numbers/recovery.hpp"

namespace tightrope {

struct Tangent {
  Mat middle, left, right;  // M, U_p, V_p
};

/// The projection of a matrix Z onto the tangent space at X, U Uᵀ Z + Z V Vᵀ − U Uᵀ Z V Vᵀ, from Z V and Zᵀ U.
inline Tangent tangent_part(const Svd& X, const Mat& ZV, const Mat& ZtU) {
  const Mat middle = X.left.t() * ZV;
  return {middle, ZV - X.left * middle, ZtU - X.right * middle.t()};
}
/// The same of a low-rank Z, such as a tangent vector of another point: its transport.
inline Tangent tangent_part(const Svd& X, const LowRank& Z) {
  return tangent_part(X, Z.left * (Z.right.t() * X.right), Z.right * (Z.left.t() * X.left));
}

/// a + share b, and ⟨a, b⟩, for tangent vectors of one point.
inline Tangent sum(const Tangent& a, Real share, const Tangent& b) {
  return {a.middle + share * b.middle, a.left + share * b.left, a.right + share * b.right};
}
inline Real dot(const Tangent& a, const Tangent& b) {
  return arma::dot(a.middle, b.middle) + arma::dot(a.left, b.left) + arma::dot(a.right, b.right);
}

/// The matrix of rank 2r that a tangent vector is.
inline LowRank matrix_of(const Svd& X, const Tangent& t) {
  return {arma::join_rows(X.left * t.middle + t.left, X.left), arma::join_rows(X.right, t.right)};
}
/// The best approximation of rank r of X + step t.
inline Svd retracted(const Svd& X, Real step, const Tangent& t) {
  Tangent moved{arma::diagmat(X.values) + step * t.middle, step * t.left, step * t.right};
  return truncated(svd(matrix_of(X, moved)), X.values.n_elem);
}

}  // namespace tightrope
