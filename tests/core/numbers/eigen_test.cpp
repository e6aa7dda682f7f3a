// The upper end of symmetric spectra against the full decomposition and against spectra that are known.
#include "core/numbers/eigen.hpp"

#include <doctest/doctest.h>

#include "core/numbers/streams.hpp"

using namespace tightrope;

namespace {

/// Q diag(values) Qᵀ with a random orthogonal Q of n rows; the remaining eigenvalues are zero.
Mat with_spectrum(const Vec& values, Index n, std::uint64_t seed) {
  const Mat Q = orthonormal_basis(Stream(seed, "Q").normal_matrix(n, values.n_elem));
  return Q * arma::diagmat(values) * Q.t();
}

SymmetricMap products_with(const Mat& S, Index* products = nullptr) {
  return [&S, products](const Mat& B, Mat& C) {
    C = S * B;
    if (products) ++*products;
  };
}

}  // namespace

TEST_CASE("the largest eigenvalues are found, whatever stands at the lower end of the spectrum") {
  for (const Index n : {12u, 60u, 400u}) {
    CAPTURE(n);
    // Eight eigenvalues below are larger in modulus than the three above.
    const Vec values = {5, 4, 3, -20, -19, -18, -17, -16, -15, -14, -13};
    const Mat S = with_spectrum(values, n, 1);
    const Mat start = Stream(2, "start").normal_matrix(n, std::min<Index>(n, 6));
    const Eigenpairs found = largest_eigenpairs(products_with(S), start, 40);
    REQUIRE(found.values.n_elem == start.n_cols);
    CHECK(found.largest == doctest::Approx(20).epsilon(1e-12));
    for (Index i = 0; i < 3; ++i) {
      CHECK(found.values[i] == doctest::Approx(5 - static_cast<Real>(i)).epsilon(1e-12));
      CHECK(arma::norm(S * found.vectors.col(i) - found.values[i] * found.vectors.col(i)) < 1e-9);
    }
    CHECK(arma::norm(found.vectors.t() * found.vectors - arma::eye(start.n_cols, start.n_cols), "fro") < 1e-11);
    if (n > 12) CHECK(std::abs(found.values[3]) < 1e-11);
  }
}

TEST_CASE("large symmetric matrices of full rank: the first eigenvalues agree with the full decomposition") {
  const Index n = 500, products = 42;
  Mat S = Stream(3, "S").normal_matrix(n, n) / std::sqrt(2.0 * n);
  S = Mat(S + S.t()) + with_spectrum({3, 2.5, -4}, n, 4);
  Index done = 0;
  const Eigenpairs found =
      largest_eigenpairs(products_with(S, &done), Stream(5, "start").normal_matrix(n, 13), products);
  CHECK(done == products);
  const Vec all = arma::reverse(arma::eig_sym(S));
  for (Index i = 0; i < 2; ++i) CHECK(found.values[i] == doctest::Approx(all[i]).epsilon(1e-12));
  CHECK(found.values[2] == doctest::Approx(all[2]).epsilon(1e-4));  // at the edge of the bulk
}

TEST_CASE("the positive part is the nearest semidefinite matrix of its rank") {
  for (const auto& [n, k] : {std::pair<Index, Index>{9, 2}, {9, 4}, {9, 6}, {30, 3}}) {
    const LowRank X{Stream(6, "L").normal_matrix(n, k), Stream(6, "R").normal_matrix(n, k)};
    const Mat S = (X.dense() + X.dense().t()) / 2;
    Vec values;
    Mat vectors;
    REQUIRE(arma::eig_sym(values, vectors, S));
    for (Index rank = 1; rank <= k + 2; ++rank) {
      Mat best(n, n, arma::fill::zeros);
      for (Index i = 0; i < rank && i < n; ++i)
        if (values[n - 1 - i] > 1e-12) best += values[n - 1 - i] * vectors.col(n - 1 - i) * vectors.col(n - 1 - i).t();
      const Svd part = positive_part(X, rank);
      CHECK(arma::norm(part.left * arma::diagmat(part.values) * part.right.t() - best, "fro") < 1e-11);
      CHECK(part.values.n_elem <= std::min(rank, k));  // L Rᵀ + R Lᵀ has at most k positive eigenvalues
    }
  }
  const Mat U = Stream(7, "U").normal_matrix(8, 2);
  CHECK(positive_part({U, -U}, 3).values.is_empty());
}
