// The dense kernel against an operator that is given by forward and adjoint alone.
#include <doctest/doctest.h>

#include "tests/support/parts.hpp"

using namespace tightrope;
using namespace tightrope::parts;

namespace {

LowRank pair(std::uint64_t seed, Shape shape, Index rank) {
  return {Stream(seed, "L").normal_matrix(shape.rows, rank), Stream(seed, "R").normal_matrix(shape.cols, rank)};
}

}  // namespace

TEST_CASE("every map of the dense kernel agrees with its definition, for sizes around all block boundaries") {
  for (const Shape shape : {Shape{1, 1}, {3, 5}, {4, 4}, {17, 1}, {13, 11}})
    for (const Index m : {1U, 7U, 8U, 9U, 63U, 64U, 65U, 200U}) {
      const auto dense = std::make_shared<const RandomRows>(context(shape, 2), m);
      const auto plain = std::make_shared<const Plain>(*dense);
      const LowRank X = pair(1, shape, 2);
      const Real size = norm(X) + 1;
      Vec z, expected;
      dense->forward(X, z);
      plain->forward(X, expected);
      CHECK(arma::norm(z - expected) < 1e-13 * size);
      Mat G, expected_G;
      dense->adjoint(z, G);
      plain->adjoint(z, expected_G);
      CHECK(arma::norm(G - expected_G, "fro") < 1e-13 * size);
      CHECK(arma::dot(z, expected) == doctest::Approx(arma::dot(G, X.dense())).epsilon(1e-12));

      const HalfSquare loss;
      const Vec data(m, arma::fill::ones);
      Vec prediction, expected_prediction;
      LowRank gradient, expected_gradient;
      Evaluation fused{&X, &data, &loss, {}, 0, &prediction, &gradient};
      Evaluation separate{&X, &data, &loss, {}, 0, &expected_prediction, &expected_gradient};
      dense->evaluate({&fused, 1});
      plain->evaluate({&separate, 1});
      CHECK(fused.value == doctest::Approx(separate.value).epsilon(1e-13));
      CHECK(arma::norm(prediction - expected_prediction) < 1e-13 * size);
      CHECK(arma::norm(gradient.left - expected_gradient.left, "fro") < 1e-12 * size * size);
      CHECK(arma::norm(gradient.right - expected_gradient.right, "fro") < 1e-12 * size * size);
    }
}

TEST_CASE("a restricted operator has the chosen measurements and keeps its origin alive") {
  const LowRank X = pair(1, {4, 3}, 2);
  for (const bool plainly : {false, true}) {
    const auto dense = std::make_shared<const RandomRows>(context({4, 3}), 10);
    std::shared_ptr<const MeasurementOperator> op = dense;
    if (plainly) op = std::make_shared<const Plain>(*dense);
    Vec all, some;
    op->forward(X, all);
    const auto restricted = op->restricted({1, 4, 9});
    op.reset();
    restricted->forward(X, some);
    CHECK(some.n_elem == 3);
    CHECK(arma::norm(some - all.elem(arma::uvec{1, 4, 9})) == 0);
    // Its adjoint puts each number back to the measurement that it came from.
    const Vec z = {3, -1, 2};
    Mat G;
    restricted->adjoint(z, G);
    CHECK(arma::dot(G, X.dense()) == doctest::Approx(arma::dot(z, some)).epsilon(1e-13));
    LowRank gradient;
    restricted->pull_back(z, X, gradient);
    CHECK(arma::norm(gradient.left - G * X.right, "fro") < 1e-13 * arma::norm(gradient.left, "fro"));
    CHECK_THROWS_AS(restricted->restricted({2, 1}), std::logic_error);
    CHECK_THROWS_AS(restricted->restricted({3}), std::logic_error);
  }
}

TEST_CASE("wrong shapes are refused by the public functions") {
  const auto dense = std::make_shared<const RandomRows>(context({4, 3}), 10);
  Vec z;
  Mat G;
  CHECK_THROWS_AS(dense->forward(Mat(3, 4), z), std::logic_error);
  CHECK_THROWS_AS(dense->adjoint(Vec(9), G), std::logic_error);
  CHECK_THROWS_AS(dense->adjoint_times(Vec(10), Mat(4, 2), G), std::logic_error);
}

TEST_CASE("an operator that cannot fit is refused before it is allocated, with the formula") {
  CHECK_THROWS_WITH_AS(RandomRows(context({1000000, 1000000}), 1000),
                       doctest::Contains("1000 × 1000000 × 1000000 × 8 = 8000.0 TB"), tightrope::Error);
}
