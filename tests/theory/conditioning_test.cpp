// What preconditioning buys (Tong, Ma & Chi, JMLR 22, 2021; Jia et al., NeurIPS 2023 and 2024; Liu et al., 2025).
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

const char* const sensing = R"(
seed: 2
problem:
  shape: [40, 30]
  target:   {type: random_low_rank, rank: 3}
  operator: {type: gaussian, measurements: 1200}
model:          {type: asymmetric, rank: 3}
initialization: spectral
optimizer: {type: gradient_descent, step: 0.5}
stop: {iterations: 3000, relative_error: 1e-10}
study:
  methods:
    plain:       {}
    scaled:      {optimizer: {type: scaled_gradient_descent, step: 0.5}}
    alternating: {optimizer: {type: alternating_scaled_gradient_descent, step: 0.5}}
)";

}  // namespace

TEST_CASE(
    "scaled methods need the same number of iterations for condition numbers 1, 10 and 100, plain descent 5 times "
    "more") {
  std::vector<Real> counts[3];
  for (const char* condition : {"1", "10", "100"}) {
    const auto lanes = run_all(sensing, {std::string("problem.target.condition=") + condition});
    for (std::size_t method = 0; method < 3; ++method) {
      if (method > 0) CHECK(lanes[method]->end()->end_class == EndClass::converged);
      counts[method].push_back(static_cast<Real>(lanes[method]->end()->iteration));
    }
  }
  for (std::size_t method = 1; method < 3; ++method) {
    const auto [least, most] = std::minmax_element(counts[method].begin(), counts[method].end());
    CHECK(*most <= 1.1 * *least);
  }
  CHECK(counts[0][2] >= 5 * counts[0][0]);  // a run that the limit ended needs at least so many
}

TEST_CASE("scaled descent does not see an invertible change of the factors' coordinates") {
  auto lane = std::move(lanes_of(sensing).at(1));
  const Mat Q = Stream(4, "Q").normal_matrix(3, 3) + 3 * arma::eye(3, 3), inverse = arma::inv(Q).t();
  Factors plain = lane->setup().start, changed = {{plain[0] * Q, plain[1] * inverse}};
  Objective& objective = *lane->setup().objective;
  for (int t = 0; t < 15; ++t) {
    for (Factors* point : {&plain, &changed}) {
      Iterate at;
      at.point = *point;
      objective.evaluate(at, Blocks::all());
      Factors direction;
      objective.space().precondition(at.point, 0, at.gradient, direction);
      add_scaled(*point, -0.5, direction);
    }
    // Rounding is magnified by the condition number of Q, well below 100.
    CHECK(difference_norm({plain[0], plain[1]}, {changed[0], changed[1]}) <= 1e-11 * norm(LowRank{plain[0], plain[1]}));
  }
}

TEST_CASE(
    "alternating scaled descent with surplus columns converges linearly at step size 1, where plain descent cannot") {
  const auto lanes =
      run_all(sensing, {"model.rank=6", "problem.operator.measurements=2000",
                        "initialization={type: small_random, scale: 1, convention: sqrt_rows}",
                        "problem.target.condition=100", "stop.iterations=400",
                        "study={methods: {plain: {optimizer: {type: gradient_descent, step: 1}}, alternating: "
                        "{optimizer: {type: alternating_scaled_gradient_descent, step: 1}}}}"});
  CHECK(lanes[0]->end()->end_class != EndClass::converged);
  CHECK(lanes[1]->end()->end_class == EndClass::converged);
  CHECK(lanes[1]->end()->iteration < 200);
}

TEST_CASE("noise sets a floor that is proportional to it") {
  std::vector<Real> floors;
  for (const char* level : {"0.01", "0.001"}) {
    const auto lanes = run_all(sensing, {std::string("problem.noise={type: gaussian, level: ") + level + "}",
                                         "stop.iterations=300", "observers=[relative_error]"});
    floors.push_back(last(*lanes[1], "relative_error"));
  }
  CHECK(floors[0] / floors[1] == doctest::Approx(10).epsilon(0.02));
}
