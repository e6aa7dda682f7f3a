// Solves with Gram matrices against the dense formula, and where that fails.
#include "core/numbers/gram.hpp"

#include <doctest/doctest.h>

#include "core/numbers/streams.hpp"

using namespace tightrope;

TEST_CASE("gram_solve is B (FᵀF + δI)⁻¹ for tall and for wide factors") {
  for (const auto& [n, k] : {std::pair<Index, Index>{9, 3}, {4, 4}, {3, 7}}) {
    const Mat F = Stream(1, "F").normal_matrix(n, k), B = Stream(1, "B").normal_matrix(5, k);
    for (const Real damping : {1e-3, 0.5, 20.0}) {
      const Mat expected = B * arma::inv(Mat(F.t() * F + damping * arma::eye(k, k)));
      CHECK(arma::norm(gram_solve(F, damping, B) - expected, "fro") <= 1e-11 * arma::norm(expected, "fro"));
    }
    const Mat expected = B * arma::pinv(Mat(F.t() * F));
    CHECK(arma::norm(gram_solve(F, 0, B) - expected, "fro") <= 1e-9 * arma::norm(expected, "fro"));
  }
}

TEST_CASE("gram_solve of a factor with columns to spare is the pseudo-inverse, and of one with NaN is NaN") {
  Mat F = Stream(1, "F").normal_matrix(8, 3);
  F.col(2) = F.col(0);
  const Mat B = Stream(1, "B").normal_matrix(2, 3);
  const Mat expected = B * arma::pinv(Mat(F.t() * F), 1e-10);
  CHECK(arma::norm(gram_solve(F, 0, B) - expected, "fro") <= 1e-10 * arma::norm(expected, "fro"));
  F(0, 0) = arma::datum::nan;
  CHECK(gram_solve(F, 0, B).has_nan());
}
