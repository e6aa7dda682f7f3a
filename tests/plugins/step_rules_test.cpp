// Step size rules against their formulas: prescribed lengths, secant steps, and minima along lines.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/numbers/solvers/line_minimum.hpp"
#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

const std::string robust = robust_sensing(3, 30, "[relative_error, gradient_norm]");

const std::string smooth = R"(
seed: 3
problem:
  shape: [14, 11]
  target:   {type: random_low_rank, rank: 2, condition: 3}
  operator: {type: gaussian, measurements: 240}
model: {type: asymmetric, rank: 3}
initialization: {type: small_random, scale: 0.3}
optimizer: {type: gradient_descent, step: exact_line_search}
stop: {iterations: 4}
observers: [relative_error, gradient_norm]
)";

/// The iterates 0, 1, …, last of a run.
std::vector<Iterate> iterates(const std::string& yaml, std::vector<std::string> settings, int last) {
  std::vector<Iterate> found;
  for (int t = 0; t <= last; ++t) {
    settings.push_back(fmt::format("stop.iterations={}", t));
    found.push_back(run_one(yaml, settings)->iterate());
    REQUIRE(found.back().iteration == static_cast<Index>(t));
  }
  return found;
}

Factors difference(const Factors& a, const Factors& b) {
  Factors c = a;
  add_scaled(c, -1, b);
  return c;
}

}  // namespace

TEST_CASE("prescribed steps: μ_0 q^t, μ_0 (1 + t/c)^(−a), and lengths instead of steps") {
  const auto steps_and_norms = [](const std::string& rule) {
    const auto lane = run_one(robust, {"optimizer.step=" + rule});
    return std::pair{column(*lane, "step"), column(*lane, "gradient_norm")};
  };
  const auto [geometric, unused] = steps_and_norms("{type: geometric_decay, first: 2e-3, factor: 0.8}");
  const auto [power, unused_too] = steps_and_norms("{type: power_decay, first: 2e-3, offset: 4, power: 0.7}");
  const auto [falling, norms] =
      steps_and_norms("{type: geometric_decay, first: 0.3, factor: 0.9, normalized_by: direction}");
  const auto [equal, of_equal] = steps_and_norms("{type: normalized, length: 0.02}");
  for (std::size_t t = 0; t < 30; ++t) {
    CHECK(geometric[t + 1] == doctest::Approx(2e-3 * std::pow(0.8, t)).epsilon(1e-13));
    CHECK(power[t + 1] == doctest::Approx(2e-3 / std::pow(1 + static_cast<Real>(t) / 4, 0.7)).epsilon(1e-13));
    CHECK(falling[t + 1] * norms[t] == doctest::Approx(0.3 * std::pow(0.9, t)).epsilon(1e-12));
    CHECK(equal[t + 1] * of_equal[t] == doctest::Approx(0.02).epsilon(1e-12));
  }
}

TEST_CASE("normalized by the slope, a scaled subgradient step has the length μ_0 q^t in the metric of the factors") {
  const auto at = iterates(robust,
                           {"optimizer={type: scaled_gradient_descent, step: {type: geometric_decay, first: 0.4, "
                            "factor: 0.95, normalized_by: slope}}"},
                           3);
  for (std::size_t t = 0; t < 3; ++t) {
    const Mat V = at[t].point[0], W = at[t].point[1], dV = at[t + 1].point[0] - V, dW = at[t + 1].point[1] - W;
    const Real square = arma::trace(dV * (W.t() * W) * dV.t()) + arma::trace(dW * (V.t() * V) * dW.t());
    CHECK(std::sqrt(square) == doctest::Approx(0.4 * std::pow(0.95, t)).epsilon(1e-10));
  }
}

TEST_CASE("Barzilai and Borwein: secant steps of the last two iterates, and fewer iterations than a constant step") {
  for (const char* rule : {"long", "short", "alternating"}) {
    CAPTURE(rule);
    const auto at = iterates(smooth,
                             {fmt::format("optimizer.step={{type: barzilai_borwein, first: 0.05, rule: {}}}", rule),
                              "initialization=spectral"},
                             6);
    CHECK(at[1].step == 0.05);
    for (std::size_t t = 1; t < 6; ++t) {
      const Factors s = difference(at[t].point, at[t - 1].point), g = difference(at[t].gradient, at[t - 1].gradient);
      const bool is_short = rule[0] == 's' || (rule[0] == 'a' && t % 2 == 1);
      REQUIRE(dot(s, g) > 0);
      CHECK(at[t + 1].step == doctest::Approx(is_short ? dot(s, g) / dot(g, g) : dot(s, s) / dot(s, g)).epsilon(1e-12));
    }
  }
  const std::vector<std::string> far = {"stop={iterations: 3000, relative_error: 1e-8}", "model.rank=2",
                                        "problem.target.condition=10", "initialization=spectral"};
  std::vector<std::string> secant = far, constant = far;
  secant.emplace_back("optimizer.step={type: barzilai_borwein, first: 0.05}");
  constant.emplace_back("optimizer.step=0.4");
  const auto fast = run_one(smooth, secant), slow = run_one(smooth, constant);
  CHECK(fast->end()->end_class == EndClass::converged);
  CHECK(3 * fast->end()->iteration < slow->end()->iteration);
  const auto clipped = iterates(smooth, {"optimizer.step={type: barzilai_borwein, first: 0.05, largest: 0.07}"}, 3);
  CHECK(clipped[3].step <= 0.07);
}

TEST_CASE("Barzilai and Borwein in alternating methods: the secant of the block that moves") {
  const std::string alternating =
      "optimizer={type: alternating_gradient_descent, step: {type: barzilai_borwein, rule: short, first: 0.1}}";
  const auto lane = run_one(smooth, {alternating, "stop={iterations: 1000, relative_error: 1e-8}", "model.rank=2",
                                     "initialization=spectral"});
  CHECK(lane->end()->end_class == EndClass::converged);
  const auto batched = run_one(smooth, {"optimizer.step={type: barzilai_borwein, first: 0.05}", "batch={size: 120}"});
  CHECK(batched->end()->end_class == EndClass::failed);
  CHECK(batched->end()->reason.find("needs gradients of the same measurements, but these come in batches") !=
        std::string::npos);
}

TEST_CASE("an exact line search ends where the slope along the direction is zero, with one or two maps each") {
  const std::string symmetric =
      "problem={shape: [12, 12], target: {type: random_low_rank, rank: 2, symmetric: true}, operator: {type: gaussian, "
      "measurements: 200, symmetric: true}}";
  const std::vector<std::vector<std::string>> cases = {
      {},
      {"model.balancing=0.7"},
      {"optimizer.type=momentum"},
      {"loss={type: huber, threshold: 0.05}"},
      {"problem.noise={type: one_bit, scale: 0.1}", "loss={type: logistic, scale: 0.1}"},
      {symmetric, "model={type: symmetric, rank: 3}"},
      {"problem.hold_out.fraction=0.2"}};
  for (const auto& settings : cases) {
    CAPTURE(settings.empty() ? "plain" : settings[0]);
    const auto at = iterates(smooth, settings, 4);
    for (std::size_t t = 0; t < 4; ++t) {
      const Factors moved = difference(at[t + 1].point, at[t].point);
      REQUIRE(norm(moved) > 0);
      CHECK(at[t + 1].value < at[t].value);
      CHECK(std::abs(dot(at[t + 1].gradient, moved)) < 1e-9 * norm(at[t].gradient) * norm(moved));
    }
  }
  CHECK(run_one(smooth)->counters().forwards == 2 * 4);
  const auto by_block = run_one(smooth, {"optimizer.type=alternating_gradient_descent"});
  CHECK(by_block->counters().forwards == 2 * 4);  // one for each of two phases
}

TEST_CASE("along one factor of least squares the exact step is ‖∇f‖²/‖A(∇f Wᵀ)‖²") {
  const auto at = iterates(smooth, {"optimizer.type=alternating_gradient_descent"}, 1);
  const auto lane = run_one(smooth, {"stop.iterations=0"});
  Vec a;
  lane->setup().problem->op->forward({at[0].gradient[0], at[0].point[1]}, a);
  const Real step = arma::dot(at[0].gradient[0], at[0].gradient[0]) / arma::dot(a, a);
  CHECK(arma::norm(at[1].point[0] - (at[0].point[0] - step * at[0].gradient[0]), "fro") < 1e-11);
}

TEST_CASE("kinks: along the direction no point near the exact step is lower for the absolute loss") {
  const auto lane = run_one(robust, {"optimizer.step=exact_line_search", "stop.iterations=1"});
  const auto start = run_one(robust, {"optimizer.step=exact_line_search", "stop.iterations=0"});
  Objective& objective = *start->setup().objective;
  const Factors moved = difference(lane->iterate().point, start->iterate().point);
  const Real found = lane->iterate().value;
  CHECK(found < start->iterate().value);
  for (const Real by : {0.5, 0.9, 0.99, 0.999, 0.999999, 1.000001, 1.001, 1.01, 1.1, 1.5}) {
    Factors point = start->iterate().point;
    add_scaled(point, by, moved);
    CHECK(objective.value(point) >= found - 1e-12 * found);
  }
}

TEST_CASE("an exact line search refuses what is not quadratic or comes in batches") {
  CHECK(
      message_of("problem: {type: two_layer_relu}\noptimizer: {type: gradient_descent, step: exact_line_search}\nstop: "
                 "{iterations: 1}\ninitialization: of_model\n",
                 {})
          .size() > 0);
  const auto batched = run_one(smooth, {"batch={size: 120}"});
  CHECK(batched->end()->reason.find("needs the objective of all measurements, but these come in batches") !=
        std::string::npos);
}

TEST_CASE("minima of functions of one variable: to rounding, at kinks, never above the start, or at infinity") {
  for (const Real first : {1e-6, 1.0, 1e6}) {
    CAPTURE(first);
    const auto square = [](Real x) { return LinePoint{(x - 3) * (x - 3), 2 * (x - 3)}; };
    CHECK(line_minimum(square, square(0), first) == doctest::Approx(3).epsilon(1e-14));
    const auto kink = [](Real x) { return LinePoint{std::abs(x - 0.3), x < 0.3 ? -1.0 : 1.0}; };
    CHECK(line_minimum(kink, kink(0), first) == doctest::Approx(0.3).epsilon(1e-14));
    // Minima at 1 (lower) and near 5 (higher than the start).
    const auto two = [](Real x) {
      return LinePoint{std::pow(x - 1, 2) * (std::pow(x - 5, 2) + 1) / 20,
                       ((x - 1) * (std::pow(x - 5, 2) + 1) + std::pow(x - 1, 2) * (x - 5)) / 10};
    };
    const Real found = line_minimum(two, two(0), first);
    CHECK(two(found).value <= two(0).value);
    CHECK(std::abs(two(found).slope) < 1e-12);
    const auto falling = [](Real x) { return LinePoint{-x, -1}; };
    CHECK(std::isinf(line_minimum(falling, falling(0), first)));
  }
}
