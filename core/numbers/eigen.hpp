// The upper end of the spectrum of symmetric matrices.
#pragma once

#include <functional>

#include "core/numbers/recovery.hpp"

namespace tightrope {

/// C = S B for a symmetric matrix S.
using SymmetricMap = std::function<void(const Mat& B, Mat& C)>;

struct Eigenpairs {
  Vec values;        // algebraically largest first
  Mat vectors;       // a column for each, orthonormal
  Real largest = 0;  // modulus of the largest eigenvalue that was seen, whatever its sign
};

/// The algebraically largest eigenvalues of a symmetric n × n matrix, as many as `start` has columns (n × j, j ≤ n).
/// Exact for n ≤ 256 and wherever 3j ≥ n, by one product with n columns. Otherwise from block Krylov spaces
/// (Rayleigh-Ritz; Musco & Musco, NeurIPS 2015) of about 256 columns, restarted with the best of them, by `products`
/// products (at least 2) with j columns each; the values to trust are the first ones, so take j larger than needed.
Eigenpairs largest_eigenpairs(const SymmetricMap& times, const Mat& start, Index products);

/// The best positive semidefinite approximation of rank `rank` of a square matrix in the Frobenius norm: the largest
/// positive eigenvalues of (X + Xᵀ)/2, fewer if there are fewer, with left = right.
Svd positive_part(const LowRank& X, Index rank);

}  // namespace tightrope
