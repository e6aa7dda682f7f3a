// What observers say of operator and outliers, against definitions from the operator's own rows.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

std::string psd(int measurements, double outliers, const std::string& observers) {
  return fmt::format(R"(
seed: 6
problem:
  shape: [10, 10]
  target:   {{type: random_low_rank, rank: 1, symmetric: true}}
  operator: {{type: gaussian, measurements: {}, symmetric: true, normalization: none}}
  noise:    {{type: sparse_outliers, fraction: {}, relative_to: nothing}}
loss: {{type: absolute, reduction: mean}}
model: {{type: symmetric, rank: 10}}
initialization: {{type: near_truth, scale: 0}}
optimizer: {{type: gradient_descent, step: 0.001}}
stop: {{iterations: 0}}
observers: {}
)",
                     measurements, outliers, observers);
}

}  // namespace

TEST_CASE("where the certificate is positive, f falls below f(X*) along surplus columns, and else it does not") {
  for (const auto& [many, outliers, is_saddle] : {std::tuple{40, 0.3, true}, {60, 0.4, true}, {1500, 0.1, false}}) {
    const int measurements = many;
    CAPTURE(measurements);
    const auto lane = run_one(psd(measurements, outliers, "[relative_error, strict_saddle_certificate]"));
    const Real certificate = last(*lane, "certificate");
    CHECK((certificate > 0) == is_saddle);
    // The least of f over small surplus columns, by descent of its own from the operator's rows.
    const SensingProblem& problem = *lane->setup().problem;
    const auto m = static_cast<Index>(measurements);
    Mat rows(100, m);
    problem.op->dense_rows(0, m, rows.memptr());
    const Vec residual = rows.t() * arma::vectorise(problem.truth->X.dense()) - problem.data;
    const Real at_truth = arma::accu(arma::abs(residual)) / static_cast<Real>(m), size = 1e-3;
    const auto rise = [&](const Mat& D) {
      const Vec moved = residual + size * (rows.t() * arma::vectorise(D * D.t()));
      return (arma::accu(arma::abs(moved)) / static_cast<Real>(m) - at_truth) / size;
    };
    Mat D = Stream(1, "D").normal_matrix(10, 9);
    Real least = 1e9;
    for (int t = 0; t < 1500; ++t) {
      D /= arma::norm(D, "fro");
      least = std::min(least, rise(D));
      const Vec moved = residual + size * (rows.t() * arma::vectorise(D * D.t()));
      const Mat G = arma::reshape(rows * arma::sign(moved), 10, 10) / static_cast<Real>(m);
      D -= 0.5 * std::pow(0.997, t) * (G + G.t()) * D;
    }
    // f is piecewise linear: as long as no residual changes its sign, its rise is that of g.
    CHECK(certificate == doctest::Approx(-least).epsilon(0.05));
  }
}

TEST_CASE("the certificate needs surplus columns, and outliers alone") {
  const std::string yaml = psd(60, 0.1, "[strict_saddle_certificate]");
  CHECK(message_of(yaml, {"model.rank=1"}).find("needs surplus columns") != std::string::npos);
  CHECK(message_of(yaml, {"problem.noise={type: gaussian, level: 0.1}"})
            .find("needs outliers alone as noise, but the other measurements are not exact, either") !=
        std::string::npos);
}

TEST_CASE(
    "the probe of isometry: nothing deviates for the identity, and the error's deviation is that of its own norm") {
  const std::string yaml = R"(
seed: 2
problem:
  shape: [9, 8]
  target:   {type: random_low_rank, rank: 2}
  operator: {type: identity}
model: {type: asymmetric, rank: 3}
initialization: {type: small_random, scale: 0.5}
optimizer: {type: gradient_descent, step: 0.1}
stop: {iterations: 3}
observers: [relative_error, {restricted_isometry_probe: {trials: 5}}]
)";
  const auto exact = run_one(yaml);
  CHECK(last(*exact, "isometry_deviation") < 1e-13);
  CHECK(last(*exact, "error_isometry_deviation") < 1e-13);
  CHECK(last(*exact, "mixed_norm_largest") <= std::sqrt(72.0));  // ‖·‖₁ ≤ √m ‖·‖₂
  const auto lane = run_one(yaml, {"problem.operator={type: gaussian, measurements: 50}"});
  const SensingProblem& problem = *lane->setup().problem;
  Mat rows(72, 50);
  problem.op->dense_rows(0, 50, rows.memptr());
  const Mat E = lane->iterate().point[0] * lane->iterate().point[1].t() - problem.truth->X.dense();
  const Vec z = rows.t() * arma::vectorise(E);
  const Real size = arma::norm(E, "fro"), deviation = std::abs(arma::dot(z, z) / (size * size) - 1);
  CHECK(last(*lane, "error_isometry_deviation") == doctest::Approx(deviation).epsilon(1e-10));
  CHECK(last(*lane, "isometry_deviation") >= deviation * (1 - 1e-10));
  const Real mixed = arma::accu(arma::abs(z)) / size;
  CHECK(last(*lane, "mixed_norm_smallest") <= mixed * (1 + 1e-10));
  CHECK(last(*lane, "mixed_norm_largest") >= mixed * (1 - 1e-10));
}

TEST_CASE("the mixed norm of many normal measurements is √(2/π) m, for A_i of variance 1") {
  const auto lane = run_one(R"(
problem:
  shape: [20, 20]
  target:   {type: random_low_rank, rank: 2}
  operator: {type: gaussian, measurements: 20000, normalization: none, storage: float32}
model: {type: asymmetric, rank: 2}
initialization: {type: small_random, scale: 0.5}
optimizer: {type: gradient_descent, step: 1e-6}
stop: {iterations: 0}
observers: [{restricted_isometry_probe: {trials: 10}}]
)");
  const Real mean = std::sqrt(2 / arma::datum::pi) * 20000, deviation = std::sqrt(20000 * (1 - 2 / arma::datum::pi));
  CHECK(std::abs(last(*lane, "mixed_norm_smallest") - mean) < 4 * deviation);
  CHECK(std::abs(last(*lane, "mixed_norm_largest") - mean) < 4 * deviation);
}

TEST_CASE("degrees of freedom are the dimension of the tangent space, the rank of J at a generic point") {
  for (const bool is_symmetric : {false, true}) {
    CAPTURE(is_symmetric);
    const std::string yaml = fmt::format(R"(
problem:
  shape: [7, 7]
  target:   {{type: random_low_rank, rank: 2, symmetric: true}}
  operator: {{type: gaussian, measurements: 90, symmetric: {}}}
model: {{type: {}, rank: 3}}
initialization: {{type: small_random, scale: 1}}
optimizer: {{type: gradient_descent, step: 0.01}}
stop: {{iterations: 0}}
observers: [degrees_of_freedom_ratio]
)",
                                         is_symmetric, is_symmetric ? "symmetric" : "asymmetric");
    const auto lane = run_one(yaml);
    Sensing& sensing = *lane->setup().objective->sensing();
    const Iterate& at = lane->iterate();
    std::vector<Vec> columns;
    for (Index b = 0; b < at.point.size(); ++b)
      for (Index i = 0; i < at.point[b].n_elem; ++i) {
        Factors unit;
        assign_zeros_like(unit, at.point);
        unit[b][i] = 1;
        Vec z;
        sensing.jacobian_times(at, unit, z);
        columns.push_back(z);
      }
    Mat J(90, columns.size());
    for (Index j = 0; j < columns.size(); ++j) J.col(j) = columns[j];
    CHECK(last(*lane, "model_freedom_ratio") == doctest::Approx(90.0 / static_cast<Real>(arma::rank(J))));
    CHECK(last(*lane, "freedom_ratio") == doctest::Approx(90.0 / (is_symmetric ? 13 : 24)));
  }
}
