// Decompositions of what is no matrix of numbers.
#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/numbers/recovery.hpp"

using namespace tightrope;

TEST_CASE("a matrix that overflows has no singular values, and that is no lack of memory") {
  for (const Real bad : {arma::datum::inf, arma::datum::nan}) {
    Mat X(3, 2, arma::fill::ones);
    X(1, 1) = bad;
    try {
      svd(X);
      FAIL("it has been decomposed");
    } catch (const Error& error) {
      CHECK(error.code() == Exit::config);
    }
  }
  // A product that overflows although its factors do not.
  const LowRank huge{Mat(3, 1).fill(1e200), Mat(4, 1).fill(1e200)};
  CHECK_THROWS_AS(svd(huge), Error);
}

TEST_CASE("large and small matrices of numbers are decomposed") {
  for (const Real scale : {1e-150, 1.0, 1e150}) {
    const Svd parts = svd(Mat(scale * Mat{{3, 0}, {0, 4}, {0, 0}}));
    CHECK(parts.values[0] == doctest::Approx(4 * scale));
    CHECK(parts.values[1] == doctest::Approx(3 * scale));
  }
}
