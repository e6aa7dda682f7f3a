// Huber's loss and the logistic one against their definitions, and the law of 1-bit data.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/interfaces/noise.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/losses.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

Context context() { return Context({4, 3}, Stream(1, "test"), std::make_shared<Team>(1)); }

}  // namespace

TEST_CASE("Huber's loss is the least of ½(r − o)² + δ|o| over outliers o") {
  const auto loss = made<Loss>("huber", "{threshold: 0.7}", context());
  Real sum = 0;
  for (const Real r : {-30.0, -0.7, -0.2, 0.0, 0.5, 0.7, 0.9, 4.0}) {
    CAPTURE(r);
    // The minimizer is r, shrunk by δ.
    const Real o = std::copysign(std::max(std::abs(r) - 0.7, 0.0), r);
    const Answer found = asked(*loss, {1.5 + r}, {1.5});
    const Real wanted = (r - o) * (r - o) / 2 + 0.7 * std::abs(o);
    sum += wanted;
    CHECK(found.value == doctest::Approx(wanted).epsilon(1e-13));
    CHECK(found.slope[0] == doctest::Approx(r - o).epsilon(1e-13));
    if (std::abs(std::abs(r) - 0.7) > 1e-9) CHECK(found.curvature[0] == (std::abs(r) < 0.7 ? 1 : 0));
  }
  const Vec r{-30.0, -0.7, -0.2, 0.0, 0.5, 0.7, 0.9, 4.0};
  CHECK(asked(*loss, r, Vec(8, arma::fill::zeros)).value == doctest::Approx(sum).epsilon(1e-13));
}

TEST_CASE(
    "Huber's loss lies between its limits: least squares for large thresholds, δ times the absolute loss for small") {
  const Vec z = Stream(1, "z").normal_matrix(40, 1), y = Stream(1, "y").normal_matrix(40, 1);
  const Answer large = asked(*made<Loss>("huber", "{threshold: 100}", context()), z, y),
               small = asked(*made<Loss>("huber", "{threshold: 1e-9}", context()), z, y);
  CHECK(large.value == doctest::Approx(arma::dot(z - y, z - y) / 2).epsilon(1e-13));
  CHECK(small.value / 1e-9 == doctest::Approx(arma::accu(arma::abs(z - y))).epsilon(1e-7));
}

TEST_CASE("the logistic loss is −log of the probability of the sign, also where the exponential overflows") {
  const auto loss = made<Loss>("logistic", "{scale: 0.5}", context());
  for (const Real z : {-3.0, -0.4, 0.0, 0.1, 2.0})
    for (const Real y : {-1.0, 1.0}) {
      const Real p = 0.5 * (1 + std::tanh(y * z / (2 * 0.5)));  // 1/(1 + e^{−yz/s}), written otherwise
      const Answer found = asked(*loss, {z}, {y});
      CHECK(found.value == doctest::Approx(-std::log(p)).epsilon(1e-12));
      CHECK(found.slope[0] == doctest::Approx(-y * (1 - p) / 0.5).epsilon(1e-12));
      CHECK(found.curvature[0] == doctest::Approx(p * (1 - p) / 0.25).epsilon(1e-12));
    }
  const Answer right = asked(*loss, {1e4}, {1}), wrong = asked(*loss, {-1e4}, {1});
  CHECK(right.value == 0);
  CHECK(right.slope[0] == 0);
  CHECK(wrong.value == doctest::Approx(2e4).epsilon(1e-14));
  CHECK(wrong.slope[0] == -2);
  CHECK(wrong.curvature[0] == 0);
  CHECK(asked(*loss, {40.0}, {1}).value == doctest::Approx(std::exp(-80)).epsilon(1e-12));
}

TEST_CASE("1-bit data are signs, 1 with probability 1/(1 + exp(−y/s))") {
  const auto noise = made<Noise>("one_bit", "{scale: 2}", context());
  for (const Real y : {-5.0, -1.0, 0.0, 0.5, 3.0}) {
    Vec exact(40000), data;
    exact.fill(y);
    data = exact;
    noise->disturb(0, {40000, y * y, std::abs(y)}, {exact.memptr(), 40000}, {data.memptr(), 40000});
    CHECK(arma::all(data % data == 1));
    const Real p = 0.5 * (1 + std::tanh(y / 4)), share = arma::mean(data) / 2 + 0.5;
    CHECK(std::abs(share - p) < 4 * std::sqrt(p * (1 - p) / 40000));
  }
}

TEST_CASE("from signs alone gradient descent finds the matrix, its size included, as dithering tells it") {
  const auto lane = run_one(R"(
seed: 2
problem:
  shape: [20, 20]
  target:   {type: random_low_rank, rank: 1, scale: 20}
  operator: {type: gaussian, measurements: 20000, normalization: none, storage: float32}
  noise:    {type: one_bit, scale: 10}
loss: {type: logistic, scale: 10, reduction: mean}
model: {type: asymmetric, rank: 1}
initialization: {type: small_random, scale: 1}
optimizer: {type: gradient_descent, step: exact_line_search}
stop: {iterations: 60}
observers: [relative_error]
)");
  CHECK(last(*lane, "relative_error") < 0.1);
}
