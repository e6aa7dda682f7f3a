// Errors and spectra of low-rank pairs against dense formulae, and where those formulae fail.
#include "core/numbers/recovery.hpp"

#include <doctest/doctest.h>

#include "core/numbers/factors.hpp"
#include "core/numbers/streams.hpp"

using namespace tightrope;

namespace {

LowRank random_pair(std::uint64_t seed, Index rows, Index cols, Index rank) {
  return {Stream(seed, "L").normal_matrix(rows, rank), Stream(seed, "R").normal_matrix(cols, rank)};
}

}  // namespace

TEST_CASE("no difference of matrices of different shapes is computed") {
  const LowRank X{Mat(4, 2, arma::fill::ones), Mat(3, 2, arma::fill::ones)};
  CHECK_THROWS_AS(difference_norm(X, LowRank{X.left.head_rows(2), X.right}), std::logic_error);
  CHECK_THROWS_AS(difference_norm(X, LowRank{X.right, X.left}), std::logic_error);
}

TEST_CASE("norms, differences and singular values agree with the dense matrix") {
  for (const auto& [rows, cols, rank] :
       {std::tuple<Index, Index, Index>{9, 7, 3}, {90, 70, 2}, {5, 12, 5}, {4, 4, 9}, {6, 1, 1}, {1, 8, 4}}) {
    const LowRank X = random_pair(1, rows, cols, rank), Y = random_pair(2, rows, cols, 2);
    const Real size = arma::norm(X.dense(), "fro");
    CHECK(norm(X) == doctest::Approx(size).epsilon(1e-13));
    CHECK(difference_norm(X, Y) == doctest::Approx(arma::norm(X.dense() - Y.dense(), "fro")).epsilon(1e-13));
    const Vec dense = arma::svd(X.dense());
    const Vec values = singular_values(X);
    REQUIRE(values.n_elem == std::min({rows, cols, rank}));
    CHECK(arma::norm(values - dense.head(values.n_elem)) < 1e-12 * size);
    const Svd parts = svd(X);
    CHECK(arma::norm(parts.left * arma::diagmat(parts.values) * parts.right.t() - X.dense(), "fro") < 1e-12 * size);
    CHECK(arma::norm(parts.left.t() * parts.left - arma::eye(parts.left.n_cols, parts.left.n_cols), "fro") < 1e-12);
  }
}

TEST_CASE("a relative error of 1e-12 between factorizations of other shapes is not lost to cancellation") {
  // X + E with E orthogonal to X in rows and columns and ‖E‖ = ε‖X‖; X is written with other factors, X = (LQ)(RQ⁻ᵀ)ᵀ.
  // Small matrices are formed, large ones are not.
  for (const auto& [rows, cols] : {std::pair<Index, Index>{60, 40}, {400, 300}}) {
    const Mat U = orthonormal_basis(Stream(1, "U").normal_matrix(rows, 4));
    const Mat W = orthonormal_basis(Stream(1, "W").normal_matrix(cols, 4));
    const Mat Q = Stream(1, "Q").normal_matrix(3, 3) + 4 * arma::eye(3, 3);
    const LowRank X{U.head_cols(3), W.head_cols(3)};
    for (const Real epsilon : {1e-4, 1e-8, 1e-12}) {
      const Real size = std::sqrt(3.0);
      const LowRank Y{arma::join_rows(X.left * Q, U.col(3) * (epsilon * size)),
                      arma::join_rows(X.right * arma::inv(Q).t(), W.col(3))};
      CHECK(relative_error(Y, X) == doctest::Approx(epsilon).epsilon(1e-14 / epsilon * 10 + 1e-12));
    }
  }
}

TEST_CASE("the sine of the largest angle is accurate where the cosine is 1 to rounding") {
  const Mat Q = orthonormal_basis(Stream(1, "Q").normal_matrix(30, 4));
  for (const Real angle : {1.0, 1e-3, 1e-9, 1e-13}) {
    Mat Y = Q.head_cols(3);
    Y.col(1) = std::cos(angle) * Q.col(1) + std::sin(angle) * Q.col(3);
    CHECK(sine_of_largest_angle(Q.head_cols(3), Y) ==
          doctest::Approx(std::sin(angle)).epsilon(1e-15 / angle * 10 + 1e-12));
  }
}

TEST_CASE("values that are not finite give NaN instead of an exception") {
  LowRank X = random_pair(1, 5, 4, 2);
  X.left(0, 0) = arma::datum::nan;
  CHECK(singular_values(X).has_nan());
}

TEST_CASE("a norm of what is not finite is never a finite number, whatever else is beside it") {
  const Real nan = arma::datum::nan, inf = arma::datum::inf;
  for (const Index size : {1U, 2U, 5U, 40U})
    for (const Real other : {0.0, 1.0, 1e300}) {
      Mat X(size, size);
      X.fill(other);
      for (const Index place : {Index{0}, X.n_elem / 2, X.n_elem - 1}) {
        Mat Y = X;
        Y[place] = nan;
        CHECK(std::isnan(frobenius_norm(Y)));
        CHECK(std::isnan(spectral_norm(Y)));
        CHECK(std::isnan(norm(Factors{{X, Y}})));
        CHECK(std::isnan(norm(LowRank{X, Y})));
        CHECK(std::isnan(difference_norm({X, X}, {X, Y})));
        Y[place] = inf;
        CHECK(frobenius_norm(Y) == inf);
        CHECK(spectral_norm(Y) == inf);
        CHECK(norm(Factors{{X, Y}}) == inf);
        CHECK_FALSE(std::isfinite(norm(LowRank{X, Y})));
        CHECK_FALSE(std::isfinite(difference_norm({X, X}, {X, Y})));
      }
    }
  CHECK(frobenius_norm(Mat(3, 2, arma::fill::zeros)) == 0);
  CHECK(spectral_norm(Mat(3, 2, arma::fill::zeros)) == 0);
  CHECK(frobenius_norm(Mat(0, 2)) == 0);
  CHECK(spectral_norm(Mat(0, 2)) == 0);
  const Mat A = {{3, 0}, {0, 4}};
  CHECK(frobenius_norm(A) == doctest::Approx(5).epsilon(1e-15));
  CHECK(spectral_norm(A) == doctest::Approx(4).epsilon(1e-15));
}
