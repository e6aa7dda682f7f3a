// The optimizer one_step_imbalance: what changes at its one step, and what does not.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

constexpr Real gamma_rule = 0.05, beta = 0.6;
const std::string sensing = R"(
seed: 5
problem:
  shape: [16, 12]
  target:   {type: random_low_rank, rank: 2, condition: 2}
  operator: {type: gaussian, measurements: 300}
model: {type: asymmetric, rank: 4}
initialization: {type: small_random, scale: 0.2, factor_scales: [1, 0.333]}
optimizer: {type: one_step_imbalance, gamma: 0.05, beta: 0.6, step: 0.2}
stop: {iterations: 600}
observers: [relative_error, imbalance]
)";

std::unique_ptr<Lane> run_for(Index iterations) {
  return run_one(sensing, {fmt::format("stop.iterations={}", iterations)});
}
Mat X_of(const Lane& lane) { return lane.iterate().X.left * lane.iterate().X.right.t(); }
Real gradient_norm(const Lane& lane) {
  Mat G;
  lane.setup().problem->op->adjoint(Vec(lane.iterate().prediction - lane.setup().problem->data), G);
  return arma::norm(G, "fro");
}
Real difference(const Mat& a, const Mat& b) { return arma::norm(a - b, "fro") / arma::norm(b, "fro"); }

}  // namespace

TEST_CASE("at the first ‖A*(A(X) − y)‖_F ≤ γ the factors change and X does not, to 1e-12") {
  const auto whole = run_for(600);
  REQUIRE(whole->trace().marks.size() == 1);
  CHECK(whole->trace().marks[0].word == "one_step_imbalance");
  const Index changed = whole->trace().marks[0].iteration;
  REQUIRE(changed > 20);
  const auto earlier = run_for(changed - 2), before = run_for(changed - 1), after = run_for(changed);
  CHECK(gradient_norm(*earlier) > gamma_rule);
  CHECK(gradient_norm(*before) <= gamma_rule);
  CHECK(difference(X_of(*after), X_of(*before)) < 1e-12);
  CHECK(last(*after, "objective") == doctest::Approx(last(*before, "objective")).epsilon(1e-12));
  CHECK(at(*whole, "time", changed) == at(*whole, "time", changed - 1));
  const Mat &F = after->iterate().point[0], &G = after->iterate().point[1];
  CHECK(arma::norm(F.t() * F - beta * beta * arma::eye(4, 4), "fro") < 1e-12);
  // F stands for the same columns, F F₀⁺ = P Pᵀ, and G for G₀ times what F has lost.
  const Mat &F0 = before->iterate().point[0], &G0 = before->iterate().point[1];
  CHECK(arma::norm(F * (F.t() * F0) / (beta * beta) - F0, "fro") < 1e-12);
  CHECK(arma::norm(G - G0 * F0.t() * F / (beta * beta), "fro") < 1e-12);
}

TEST_CASE("few uses of the operator decide when, and all are counted") {
  const auto whole = run_for(600);
  const Index asked = whole->counters().adjoints, changed = whole->trace().marks[0].iteration;
  MESSAGE("asked " << asked << " times, changed at " << changed);
  CHECK(asked >= 1);
  CHECK(asked < changed / 2);
  CHECK(last(*whole, "passes") == static_cast<Real>(601 + asked));
}

TEST_CASE("the surplus goes at a rate that does not depend on the scale of the start, and plain descent is slower") {
  std::vector<Real> errors;
  for (const char* scale : {"0.2", "0.02"})
    errors.push_back(last(*run_one(sensing, {std::string("initialization.scale=") + scale}), "relative_error"));
  const auto plain = run_one(sensing, {"optimizer={type: gradient_descent, step: 0.2}"});
  MESSAGE(errors[0] << ", " << errors[1] << "; plain " << last(*plain, "relative_error"));
  CHECK(std::max(errors[0], errors[1]) < 1e-4 * last(*plain, "relative_error"));
}

TEST_CASE("it is before the change, and with a γ that is never met always, gradient descent bit by bit") {
  const auto never = run_one(sensing, {"optimizer.gamma=1e-300", "stop.iterations=100"});
  const auto plain = run_one(sensing, {"optimizer={type: gradient_descent, step: 0.2}", "stop.iterations=100"});
  CHECK(arma::approx_equal(never->iterate().point[0], plain->iterate().point[0], "absdiff", 0));
  CHECK(last(*never, "passes") == last(*plain, "passes"));
}

TEST_CASE("other models and batches are refused") {
  const auto refusal = [](std::vector<std::string> more) {
    try {
      return run_one(sensing, more)->end()->reason;
    } catch (const tightrope::Error& error) {
      return std::string(error.what());
    }
  };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  CHECK(has(refusal({"problem.shape=[12, 12]", "model={type: symmetric, rank: 4}", "initialization.factor_scales=[]"}),
            "needs a model of two factors"));
  // Two blocks of equally many columns whose product has another shape than X: entries must not be compared.
  for (const char* rank : {"2", "5"})
    CHECK(has(refusal({std::string("model={type: complex_asymmetric, rank: ") + rank + "}"}),
              "needs a model of two factors"));
  CHECK(has(refusal({"model.balancing=1"}), "needs a model without a penalty"));
  CHECK(has(refusal({"model.rank=17"}), "needs at most as many columns as F has rows, 16"));
  CHECK(has(refusal({"batch={size: 60}"}), "needs all measurements at every iteration"));
}
