// Phase retrieval: losses on intensities against their definitions, trimmed starts against eigenvectors of matrices
// written out, and signals that are found.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "plugins/shared/complex_pair.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/losses.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

Context context() { return Context({4, 4}, Stream(1, "test"), std::make_shared<Team>(1)); }

std::string phase_retrieval(const std::string& initialization, int iterations, bool is_complex = false) {
  return fmt::format(R"(
seed: 4
problem:
  shape: [{}, 16]
  target: {{type: random_low_rank, rank: 1, {}: true}}
  operator: {{type: rank_one, measurements: 160, form: {}, normalization: none}}
loss: {{type: amplitude, reduction: mean}}
model: {{type: {}, rank: 1}}
initialization: {}
optimizer: {{type: gradient_descent, step: 0.8}}
stop: {{iterations: {}, relative_error: 1e-8}}
observers: [relative_error]
)",
                     is_complex ? 32 : 16, is_complex ? "hermitian" : "symmetric",
                     is_complex ? "complex_quadratic" : "quadratic", is_complex ? "complex_symmetric" : "symmetric",
                     initialization, iterations);
}

/// Σ w_i A_i of a problem's operator.
Mat weighted(const SensingProblem& problem, const Vec& weights) {
  Mat G;
  problem.op->adjoint(weights, G);
  return G;
}

}  // namespace

TEST_CASE("amplitudes cost ½(√z − √y)², and nothing moves where nothing was predicted") {
  const auto loss = made<Loss>("amplitude", "{}", context());
  for (const Real z : {1e-6, 0.3, 1.0, 7.0})
    for (const Real y : {0.0, 0.3, 2.0}) {
      const Answer found = asked(*loss, {z}, {y});
      CHECK(found.value == doctest::Approx(std::pow(std::sqrt(z) - std::sqrt(y), 2) / 2).epsilon(1e-13));
      CHECK(found.slope[0] == doctest::Approx((1 - std::sqrt(y / z)) / 2).epsilon(1e-13));
      CHECK(found.curvature[0] == doctest::Approx(std::sqrt(y) / 4 * std::pow(z, -1.5)).epsilon(1e-13));
    }
  for (const Real z : {0.0, -1.0}) {
    const Answer dark = asked(*loss, {z}, {2.0});
    CHECK(dark.value == doctest::Approx(1).epsilon(1e-15));
    CHECK(dark.slope[0] == 0);
    CHECK(dark.curvature[0] == 0);
  }
  CHECK(asked(*loss, {4.0}, {-3.0}).value == 2);
  // In the amplitude r = √z it is half a square, whatever the amplitude.
  const Answer far = asked(*loss, {100.0}, {81.0});
  CHECK(far.slope[0] * 2 * 10 == doctest::Approx(10 - 9).epsilon(1e-13));
  CHECK(asked(*made<Loss>("amplitude", "{reduction: sum}", context()), {1.0, 4.0}, {0.0, 0.0}).value == 2.5);
}

TEST_CASE("counts cost z − y log z above that of a perfect fit, with a parabola below the floor") {
  const auto loss = made<Loss>("poisson", "{floor: 1e-3}", context());
  for (const Real y : {0.0, 1.0, 6.0}) {
    const Real perfect = y > 0 ? y - y * std::log(y) : 0;
    for (const Real z : {1e-3, 0.3, 1.0, 7.0}) {
      const Answer found = asked(*loss, {z}, {y});
      CHECK(found.value == doctest::Approx(z - y * std::log(z) - perfect).epsilon(1e-12));
      CHECK(found.slope[0] == doctest::Approx(1 - y / z).epsilon(1e-13));
      CHECK(found.curvature[0] == doctest::Approx(y / (z * z)).epsilon(1e-13));
    }
  }
  // Value, slope and curvature pass the floor without a jump, and go on to 0 and below.
  const Answer above = asked(*loss, {1e-3 * (1 + 1e-9)}, {2.0}), below = asked(*loss, {1e-3 * (1 - 1e-9)}, {2.0});
  CHECK(above.value == doctest::Approx(below.value).epsilon(1e-8));
  CHECK(above.slope[0] == doctest::Approx(below.slope[0]).epsilon(1e-8));
  CHECK(above.curvature[0] == doctest::Approx(below.curvature[0]).epsilon(1e-8));
  const Answer zero = asked(*loss, {-1e-3}, {2.0});
  CHECK(zero.value == doctest::Approx(-2 - 2 * (std::log(1e-3 / 2.0) - 2 - 2)).epsilon(1e-12));
  CHECK(zero.slope[0] == doctest::Approx(-2 * 3 / 1e-3).epsilon(1e-12));
}

TEST_CASE(
    "a trimmed start is the leading eigenvector of Σ √y_i A_i over amplitudes in (λ, 5λ), of the size of the data") {
  for (const bool is_complex : {false, true}) {
    const auto lane = run_one(phase_retrieval(
        fmt::format("{{type: truncated_spectral, fraction: 0, lower: 1, upper: 25, weights: amplitudes, size: mean, "
                    "hermitian: {}}}",
                    is_complex),
        0, is_complex));
    const SensingProblem& problem = *lane->setup().problem;
    Vec weights = arma::sqrt(problem.data);
    const Real mean = arma::mean(problem.data);
    Index left_out = 0;
    for (Index i = 0; i < weights.n_elem; ++i)
      if (problem.data[i] <= mean || problem.data[i] >= 25 * mean) {
        weights[i] = 0;
        ++left_out;
      }
    REQUIRE(left_out > 20);
    const Mat sum = weighted(problem, weights);
    const ComplexMat Z = is_complex ? from_stacked(sum) : as_complex(sum);
    Vec values;
    ComplexMat vectors;
    arma::eig_sym(values, vectors, Z);
    const ComplexMat best = vectors.tail_cols(1) * vectors.tail_cols(1).t();
    LowRank X;
    X = lane->iterate().X;
    const ComplexMat found = is_complex ? from_stacked(X.dense()) : as_complex(X.dense());
    CHECK(frobenius_norm(arma::abs(found / arma::trace(found) - best)) < 1e-8);
    Vec z;
    problem.op->forward(X, z);
    CHECK(arma::mean(z) == doctest::Approx(mean).epsilon(1e-10));
  }
}

TEST_CASE("centred data take Σ y_i (1/m) Σ A_i off A*(y)") {
  const auto lane = run_one(phase_retrieval("{type: truncated_spectral, fraction: 0.2, centered: true}", 0));
  const SensingProblem& problem = *lane->setup().problem;
  Vec kept = problem.data;
  const Vec sizes = arma::sort(kept);
  kept.elem(arma::find(kept > sizes[127])).zeros();
  const Mat sum = weighted(problem, kept) - arma::accu(kept) / 160 * weighted(problem, Vec(160, arma::fill::ones));
  Vec values;
  Mat vectors;
  arma::eig_sym(values, vectors, sum);
  const Mat U = lane->setup().start[0];
  CHECK(arma::norm(U * U.t() - values[15] * vectors.col(15) * vectors.col(15).t(), "fro") < 1e-9 * values[15]);
}

TEST_CASE("real and complex signals are found from their magnitudes") {
  for (const bool is_complex : {false, true}) {
    const auto lane = run_one(phase_retrieval(
        fmt::format("{{type: truncated_spectral, fraction: 0, lower: 1, upper: 25, weights: amplitudes, size: mean, "
                    "hermitian: {}}}",
                    is_complex),
        1000, is_complex));
    CHECK(lane->end()->end_class == EndClass::converged);
  }
}

TEST_CASE("what does not fit is refused in a sentence") {
  CHECK(message_of(phase_retrieval("{type: truncated_spectral, fraction: 0, hermitian: true}", 0), {})
            .find("needs a shape of 2n × n for a Hermitian matrix") != std::string::npos);
  CHECK(message_of(phase_retrieval("spectral", 0), {"problem.target={type: random_low_rank, rank: 1, hermitian: true}"})
            .find("is Hermitian and needs a shape of 2n × n") != std::string::npos);
  CHECK(message_of(phase_retrieval("spectral", 0, true), {"model={type: symmetric, rank: 1}"})
            .find("needs a square problem") != std::string::npos);
}
