// The leading singular triples of a matrix that is known by its products with thin ones.
#pragma once

#include <functional>

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// C = Z B, or C = Zᵀ B.
using ThinProduct = std::function<void(const Mat& B, Mat& C)>;

/// The `count` leading triples of Z (n1 × n2), fewer if it has not got so many, as the best in the block Krylov space
/// span{Z B, (Z Zᵀ) Z B, …, (Z Zᵀ)^depth Z B} of the block B = `start` (n2 × j, j at most the shorter side): Musco &
/// Musco, NeurIPS 2015. A depth for which it would have more dimensions than the shorter side makes it the whole range
/// of Z, and the triples exact. New blocks are orthogonal to those before, so that small singular values are accurate
/// to rounding errors of the largest.
inline Svd leading_triples(const ThinProduct& times, const ThinProduct& transposed_times, const Mat& start, Index depth,
                           Index count) {
  Mat Y, W;
  times(start, Y);
  const Index most = std::min(Y.n_rows, start.n_rows);
  Mat Q = orthonormal_basis(Y), space = Q;
  while (depth-- > 0 && space.n_cols < most) {
    transposed_times(Q, W);
    times(orthonormal_basis(W), Y);
    Y = svd(Mat(Y - space * (space.t() * Y))).left;  // what is new comes first, and rounding errors last
    Q = orthonormal_basis(Y - space * (space.t() * Y)).head_cols(std::min(Y.n_cols, most - space.n_cols));
    space = arma::join_rows(space, Q);
  }
  space = orthonormal_basis(space);
  transposed_times(space, W);
  return truncated(svd(LowRank{space, W}), count);
}

}  // namespace tightrope
