// Complex matrices as real ones. Z ∈ C^{p×q} is X = [Re Z; Im Z] ∈ R^{2p×q}, and
//   Z = L Rᴴ, L = L₁ + iL₂, R = R₁ + iR₂   is   X = [L₁ L₂; L₂ −L₁] [R₁ R₂]ᵀ,
// a pair of 2k real columns for k complex ones. Blocks hold [Re Im] side by side: p × 2k and q × 2k.
#pragma once

#include "core/plugin/plugin.hpp"

namespace tightrope {

using ComplexMat = arma::Mat<std::complex<Real>>;

/// [Re M, Im M] and back.
inline Mat side_by_side(const ComplexMat& M) { return arma::join_rows(arma::real(M), arma::imag(M)); }
inline ComplexMat from_side_by_side(const Mat& M) {
  const Index k = M.n_cols / 2;
  return ComplexMat(Mat(M.head_cols(k)), Mat(M.tail_cols(k)));
}
/// [Re M; Im M] and back.
inline Mat stacked(const ComplexMat& M) { return arma::join_cols(arma::real(M), arma::imag(M)); }
inline ComplexMat from_stacked(const Mat& M) {
  const Index p = M.n_rows / 2;
  return ComplexMat(Mat(M.head_rows(p)), Mat(M.tail_rows(p)));
}
/// A real matrix among complex ones.
inline ComplexMat as_complex(const Mat& M) { return ComplexMat(M, Mat(arma::size(M), arma::fill::zeros)); }
/// [L₁ L₂; L₂ −L₁] of [L₁ L₂]: the left side of the real pair.
inline Mat left_of_pair(const Mat& L) {
  const Index k = L.n_cols / 2;
  return arma::join_cols(L, arma::join_rows(L.tail_cols(k), -L.head_cols(k)));
}
/// The gradient with respect to [L₁ L₂] from that with respect to left_of_pair.
inline Mat pulled_to_left(const Mat& gradient) {
  const Index p = gradient.n_rows / 2, k = gradient.n_cols / 2;
  const Mat upper = gradient.head_rows(p), lower = gradient.tail_rows(p);
  return upper + arma::join_rows(-lower.tail_cols(k), lower.head_cols(k));
}
/// [F₁ F₂; −F₂ F₁] of [F₁ F₂], whose Gram matrix is multiplication by FᴴF of what lies side by side.
inline Mat multiplier(const Mat& F) {
  const Index k = F.n_cols / 2;
  return arma::join_cols(F, arma::join_rows(-F.tail_cols(k), F.head_cols(k)));
}

/// Singular vectors of the complex matrix whose real form is X, the first of them: Z ≈ U diag(σ) Vᴴ.
struct ComplexSvd {
  ComplexMat U, V;
  Vec sigma;
};
inline ComplexSvd complex_svd(const LowRank& X, Index rank) {
  ComplexMat Q1, R1, Q2, R2, U, V;
  Vec sigma;
  arma::qr_econ(Q1, R1, from_stacked(X.left));
  arma::qr_econ(Q2, R2, as_complex(X.right));
  arma::svd(U, sigma, V, ComplexMat(R1 * R2.st()));
  const Index k = std::min(rank, sigma.n_elem);
  return {Q1 * U.head_cols(k), arma::conj(Q2) * V.head_cols(k), sigma.head(k)};
}

/// The best Hermitian positive semidefinite approximation of rank `rank` of Z = L Rᴴ ∈ C^{n×n}: the largest positive
/// eigenvalues of (Z + Zᴴ)/2, fewer if there are fewer, with U = V.
inline ComplexSvd complex_positive_part(const ComplexMat& L, const ComplexMat& R, Index rank) {
  ComplexMat Q, unused, vectors;
  arma::qr_econ(Q, unused, ComplexMat(arma::join_rows(L, R)));
  const ComplexMat small = (Q.t() * L) * (R.t() * Q);
  Vec values;
  arma::eig_sym(values, vectors, ComplexMat((small + small.t()) / 2));
  Index k = 0;
  while (k < std::min(rank, values.n_elem) && values[values.n_elem - 1 - k] > 0) ++k;
  const ComplexMat U = Q * arma::fliplr(vectors.tail_cols(k));
  return {U, U, arma::reverse(values.tail(k))};
}
/// U √Σ side by side in `columns` complex columns, zeros where there are fewer triples.
inline Mat half_of(const ComplexMat& U, const Vec& sigma, Index columns) {
  ComplexMat half(U.n_rows, columns, arma::fill::zeros);
  for (Index j = 0; j < sigma.n_elem; ++j) half.col(j) = std::sqrt(sigma[j]) * U.col(j);
  return side_by_side(half);
}

}  // namespace tightrope
