// The operator rank_one against A_i = c a_i b_iᵀ, entry by entry.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

constexpr Index n1 = 7, n2 = 5, m = 300;

Context context() { return {{n1, n2}, Stream(3, "operator"), std::make_shared<Team>(1)}; }
std::shared_ptr<const MeasurementOperator> of(const std::string& storage, const std::string& normalization = "none") {
  return made<MeasurementOperator>(
      "rank_one", fmt::format("{{measurements: {}, storage: {}, normalization: {}}}", m, storage, normalization),
      context());
}

/// A_i of variance 1: numbers i(n1 + n2), … of the stream are a_i, then b_i.
Mat measurement(Index i) {
  const Stream stream(3, "operator");
  Mat A(n1, n2);
  for (Index r = 0; r < n1; ++r)
    for (Index c = 0; c < n2; ++c) A(r, c) = stream.normal(i * (n1 + n2) + r) * stream.normal(i * (n1 + n2) + n1 + c);
  return A;
}

}  // namespace

TEST_CASE("A(X)_i = c a_iᵀ X b_i and A*(z) = c Σ z_i a_i b_iᵀ, kept or made again") {
  const LowRank X{Stream(1, "L").normal_matrix(n1, 3), Stream(1, "R").normal_matrix(n2, 3)};
  const Vec z = Stream(1, "z").normal_matrix(m, 1);
  Vec expected(m);
  Mat adjoint(n1, n2, arma::fill::zeros);
  for (Index i = 0; i < m; ++i) {
    expected[i] = arma::accu(measurement(i) % X.dense());
    adjoint += z[i] * measurement(i);
  }
  for (const char* storage : {"float64", "generated"})
    for (const Real c : {1.0, 1 / std::sqrt(static_cast<Real>(m))}) {
      const auto op = of(storage, c == 1 ? "none" : "isotropic");
      Vec found;
      Mat G;
      op->forward(X, found);
      CHECK(arma::norm(found - c * expected) < 1e-12 * arma::norm(expected));
      op->forward(X.dense(), found);
      CHECK(arma::norm(found - c * expected) < 1e-12 * arma::norm(expected));
      op->adjoint(z, G);
      CHECK(arma::norm(G - c * adjoint, "fro") < 1e-12 * arma::norm(adjoint, "fro"));
    }
  CHECK(of("float64")->bytes() == m * (n1 + n2) * sizeof(Real));
  CHECK(of("generated")->bytes() == 0);
}

TEST_CASE("a pass over some measurements has their value and gradient, across blocks of 256") {
  const auto sum = made<Loss>("least_squares", "{}", context());
  const LowRank X{Stream(2, "L").normal_matrix(n1, 2), Stream(2, "R").normal_matrix(n2, 2)};
  const Rows rows{200, 90};
  const Vec y = Stream(2, "y").normal_matrix(rows.count, 1);
  Vec prediction;
  LowRank gradient;
  Evaluation lane{&X, &y, sum.get(), {}, 0, &prediction, &gradient};
  of("generated")->evaluate({&lane, 1}, rows);
  Real value = 0;
  Mat G(n1, n2, arma::fill::zeros);
  for (Index i = 0; i < rows.count; ++i) {
    const Mat A = measurement(rows.first + i);
    const Real residual = arma::accu(A % X.dense()) - y[i];
    CHECK(prediction[i] == doctest::Approx(residual + y[i]).epsilon(1e-11));
    value += residual * residual / 2;
    G += residual * A;
  }
  CHECK(lane.value == doctest::Approx(value).epsilon(1e-12));
  CHECK(lane.reads == 1);
  CHECK(arma::norm(gradient.left - G * X.right, "fro") < 1e-11 * arma::norm(G, "fro"));
  CHECK(arma::norm(gradient.right - G.t() * X.left, "fro") < 1e-11 * arma::norm(G, "fro"));
}

TEST_CASE("gradient descent recovers from rank-one measurements") {
  const auto lane = run_one(R"(
seed: 2
problem: {shape: [20, 15], target: {type: random_low_rank, rank: 2}, operator: {type: rank_one, measurements: 700}}
model: {type: asymmetric, rank: 2}
initialization: spectral
optimizer: {type: gradient_descent, step: 0.2}
stop: {iterations: 3000, relative_error: 1e-10}
observers: [relative_error]
)");
  CHECK(lane->end()->end_class == EndClass::converged);
}
