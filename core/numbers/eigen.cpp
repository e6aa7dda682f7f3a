#include "core/numbers/eigen.hpp"

#include <limits>

#include "core/base/error.hpp"

namespace tightrope {

namespace {

constexpr Index basis_columns = 256;

/// Of (T + Tᵀ)/2, decreasing.
Eigenpairs decomposed(const Mat& T) {
  Vec values;
  Mat vectors;
  if (!T.is_finite() || !arma::eig_sym(values, vectors, Mat((T + T.t()) / 2)))
    throw Error(Exit::resources, "an eigenvalue decomposition did not converge");
  Eigenpairs result;
  if (values.is_empty()) return result;
  result.largest = arma::abs(values).max();
  result.values = arma::reverse(values);
  result.vectors = arma::fliplr(vectors);
  return result;
}

/// Orthonormal columns that are orthogonal to a basis, from a block that may lie almost or wholly within it.
Mat orthonormal_beside(const Mat& basis, Mat block) {
  for (int turn = 0; turn < 3; ++turn) block = orthonormal_basis(block - basis * (basis.t() * block));
  return block;
}

}  // namespace

Eigenpairs largest_eigenpairs(const SymmetricMap& times, const Mat& start, Index products) {
  const Index n = start.n_rows, j = start.n_cols;
  Mat image;
  if (n <= basis_columns || 3 * j >= n) {
    times(arma::eye(n, n), image);
    Eigenpairs all = decomposed(image);
    return {all.values.head(j), all.vectors.head_cols(j), all.largest};
  }
  Eigenpairs best;
  best.vectors = orthonormal_basis(start);
  const Index blocks = std::clamp<Index>(basis_columns / j, 2, n / j);
  for (Index left = std::max<Index>(products, 2); left > 0;) {
    const Index most = std::min(blocks, left) * j;
    Mat basis(n, most), T(most, most, arma::fill::zeros), block = best.vectors;
    for (Index used = j; used <= most; used += j, --left) {
      basis.cols(used - j, used - 1) = block;
      times(block, image);
      T.submat(0, used - j, used - 1, used - 1) = basis.head_cols(used).t() * image;
      T.submat(used - j, 0, used - 1, used - 1) = T.submat(0, used - j, used - 1, used - 1).t();
      if (used < most) block = orthonormal_beside(basis.head_cols(used), image);
    }
    const Eigenpairs ritz = decomposed(T);
    best.values = ritz.values.head(j);
    best.vectors = basis * ritz.vectors.head_cols(j);
    best.largest = std::max(best.largest, ritz.largest);
  }
  return best;
}

Svd positive_part(const LowRank& X, Index rank) {
  const Index n = X.rows();
  const bool is_thin = 2 * X.rank() < n;
  Mat Q;
  if (is_thin) Q = orthonormal_basis(arma::join_rows(X.left, X.right));
  const Eigenpairs all = decomposed(is_thin ? Mat((Q.t() * X.left) * (Q.t() * X.right).t()) : X.dense());
  const Real cut = static_cast<Real>(n) * std::numeric_limits<Real>::epsilon() * all.largest;
  Index count = 0;
  while (count < std::min<Index>(rank, all.values.n_elem) && all.values[count] > cut) ++count;
  const Mat vectors = is_thin ? Mat(Q * all.vectors.head_cols(count)) : Mat(all.vectors.head_cols(count));
  return {vectors, all.values.head(count), vectors};
}

}  // namespace tightrope
