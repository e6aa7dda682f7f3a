// What starts from spectra of A*(y) have in common.
#pragma once

#include <cmath>
#include <limits>
#include <string>

#include "core/interfaces/factorization_model.hpp"
#include "core/numbers/eigen.hpp"
#include "core/numbers/recovery.hpp"
#include "core/tree/parameters.hpp"

namespace tightrope {

/// The leading singular triples of A*(y), found by randomized block power iteration (Halko, Martinsson & Tropp, SIAM
/// Review 53, 2011) from products with thin matrices. For semidefinite models: the largest positive eigenvalues of
/// (A*(y) + A*(y)ᵀ)/2. If these are fewer than the columns, small random directions take their place: a zero column of
/// U never moves, as the gradient of U ↦ f(UUᵀ) is a multiple of U.
struct SpectralStart {
  Index power_iterations = 20, oversampling = 10;
  Real scale = 1, fill = 1e-3;

  void declare(Parameters& p) {
    p.add("power_iterations", power_iterations, between(0, 10000), "power iterations, of two products each");
    p.add("oversampling", oversampling, at_least(0), "columns of the random block beyond the factorization rank");
    p.add("scale", scale, above(0), "multiplies the singular values of A*(y)");
    p.add("fill", fill, at_least(0),
          "semidefinite models: norm of the random columns in place of positive eigenvalues that are missing, relative "
          "to √‖S‖₂ with S = (A*(y) + A*(y)ᵀ)/2; at 0 such columns are zero and never move");
  }
  /// The model's point for them.
  Factors point(const Context& context, const Vec& y) const {
    const auto [rows, cols] = context.shape;
    const Mat block = context.stream.child("block").normal_matrix(
        cols, std::min({context.model().rank() + oversampling, rows, cols}));
    Svd top = context.model().is_semidefinite() ? eigenpairs(context, y, block) : triples(context, y, block);
    top.values *= scale;
    return context.model().from_svd(top);
  }

 private:
  Svd triples(const Context& context, const Vec& y, const Mat& block) const {
    Sensing& sensing = context.sensing();
    Mat Y, Z;
    sensing.adjoint_times(y, block, Y);
    for (Index i = 0; i < power_iterations; ++i) {
      sensing.adjoint_transposed_times(y, orthonormal_basis(Y), Z);
      sensing.adjoint_times(y, orthonormal_basis(Z), Y);
    }
    const Mat Q = orthonormal_basis(Y);
    sensing.adjoint_transposed_times(y, Q, Z);
    return truncated(svd(LowRank{Q, Z}), context.model().rank());
  }

  Svd eigenpairs(const Context& context, const Vec& y, const Mat& block) const {
    const auto times = [&](const Mat& B, Mat& C) {
      Mat transposed;
      context.sensing().adjoint_times(y, B, C);
      context.sensing().adjoint_transposed_times(y, B, transposed);
      C = (C + transposed) / 2;
    };
    Eigenpairs found = largest_eigenpairs(times, block, 2 * power_iterations + 2);
    const Index n = context.shape.rows, rank = std::min(context.model().rank(), n);
    const Real errors = static_cast<Real>(n) * std::numeric_limits<Real>::epsilon() * found.largest;
    Index positive = 0;
    while (positive < rank && found.values[positive] > errors) ++positive;
    if (positive < rank) {
      context.warn("finds only " + std::to_string(positive) + " positive among the " + std::to_string(rank) +
                   " largest eigenvalues of (A*(y) + A*(y)ᵀ)/2; the other columns are " +
                   (fill > 0 ? "small and random" : "zero and never move"));
      const Mat random = context.stream.child("fill").normal_matrix(n, rank - positive);
      found.vectors = orthonormal_basis(arma::join_rows(found.vectors.head_cols(positive), random));
      found.values.subvec(positive, rank - 1).fill(fill * fill * found.largest);
    }
    return truncated({found.vectors, found.values, found.vectors}, rank);
  }
};

/// Data without the measurements of largest modulus, which may be outliers: they count as 0.
struct Truncation {
  Real fraction = 0;
  std::string normalization = "all";

  Parameter& declare(Parameters& p) {
    p.add("normalization", normalization, {"all", "kept"},
          "all: A*(y) with 0 for what is left out; kept: times m over the number of measurements kept");
    return p.add("fraction", fraction, at_least_below(0, 1),
                 "share p of the measurements that is left out: the ⌈m(1 − p)⌉ of smallest |y| are kept");
  }
  Vec kept(const Vec& y) const {
    const Index m = y.n_elem,
                count = std::min(m, static_cast<Index>(std::ceil(static_cast<Real>(m) * (1 - fraction) - 1e-9)));
    Vec result = y;
    const arma::uvec order = arma::stable_sort_index(arma::abs(y));
    for (Index i = count; i < m; ++i) result[order[i]] = 0;
    if (normalization == "kept") result *= static_cast<Real>(m) / static_cast<Real>(count);
    return result;
  }
};

}  // namespace tightrope
