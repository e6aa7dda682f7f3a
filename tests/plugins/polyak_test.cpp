// Polyak's step against its formula, and what subgradient methods reach with it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

const std::string robust = robust_sensing(3, 30, "[relative_error, gradient_norm]");

/// Σ |A(X*) − y| by the operator's own rows.
Real loss_at_truth(const Lane& lane) {
  const SensingProblem& problem = *lane.setup().problem;
  Mat rows(problem.shape.entries(), problem.op->measurements());
  problem.op->dense_rows(0, rows.n_cols, rows.memptr());
  return arma::accu(arma::abs(rows.t() * arma::vectorise(problem.truth->X.dense()) - problem.data));
}

/// Slope and R² of log10 of the errors between two levels, against the iteration.
std::pair<Real, Real> line(const std::vector<Real>& errors, Real from, Real to) {
  std::vector<Real> t, logarithm;
  for (std::size_t i = 0; i < errors.size(); ++i)
    if (errors[i] < from && errors[i] > to) {
      t.push_back(static_cast<Real>(i));
      logarithm.push_back(std::log10(errors[i]));
    }
  const Vec x = Vec(t) - arma::mean(Vec(t)), y = Vec(logarithm) - arma::mean(Vec(logarithm));
  return {arma::dot(x, y) / arma::dot(x, x), std::pow(arma::dot(x, y), 2) / (arma::dot(x, x) * arma::dot(y, y))};
}

}  // namespace

TEST_CASE("Polyak's step is (f − f*)/‖∇f‖² with f* = ‖A(X*) − y‖₁, times the factor") {
  for (const Real factor : {1.0, 0.5}) {
    const auto lane = run_one(robust, {fmt::format("optimizer.step={{type: polyak, factor: {}}}", factor)});
    const Real optimum = loss_at_truth(*lane);
    REQUIRE(optimum > 1);
    const auto f = column(*lane, "objective"), g = column(*lane, "gradient_norm"), step = column(*lane, "step");
    REQUIRE(f.size() == 31);
    for (std::size_t t = 0; t < 30; ++t)
      CHECK(step[t + 1] == doctest::Approx(factor * (f[t] - optimum) / (g[t] * g[t])).epsilon(1e-9));
    // One forward map for f*, one pass for A*(y).
    CHECK(lane->counters().forwards == 1);
    CHECK(column(*lane, "passes")[0] == 3);
  }
}

TEST_CASE("along a preconditioned direction it is (f − f*)/⟨∇f, M⁻¹∇f⟩, the step of the scaled subgradient method") {
  const std::string scaled = "optimizer={type: scaled_gradient_descent, step: polyak}";
  const auto lane = run_one(robust, {scaled, "stop.iterations=7"});
  const auto next = run_one(robust, {scaled, "stop.iterations=8"});
  const Iterate& at = lane->iterate();
  const Mat &V = at.point[0], &W = at.point[1];
  const Mat preconditioned_V = at.gradient[0] * arma::inv(W.t() * W),
            preconditioned_W = at.gradient[1] * arma::inv(V.t() * V);
  const Real square = arma::dot(at.gradient[0], preconditioned_V) + arma::dot(at.gradient[1], preconditioned_W);
  const Real step = (at.value - loss_at_truth(*lane)) / square;
  CHECK(last(*next, "step") == doctest::Approx(step).epsilon(1e-10));
  CHECK(arma::norm(next->iterate().point[0] - (V - step * preconditioned_V), "fro") < 1e-12);
}

TEST_CASE("subgradient methods with Polyak's step converge linearly, the scaled one as fast for every condition") {
  std::vector<Real> iterations;
  for (const bool outliers : {false, true})
    for (const int condition : {1, 10}) {
      CAPTURE(outliers);
      CAPTURE(condition);
      std::vector<std::string> settings = {fmt::format("problem.target.condition={}", condition),
                                           "stop={iterations: 4000, relative_error: 1e-10}",
                                           "problem.operator.measurements=900"};
      if (!outliers) settings.emplace_back("problem.noise=[]");
      const auto plain = run_one(robust, settings);
      settings.emplace_back("optimizer.type=scaled_gradient_descent");
      const auto scaled = run_one(robust, settings);
      for (const auto& lane : {plain.get(), scaled.get()}) {
        CHECK(lane->end()->end_class == EndClass::converged);
        CHECK(last(*lane, "relative_error") <= 1e-10);
        const auto [slope, fit] = line(column(*lane, "relative_error"), 1e-2, 1e-9);
        CHECK(slope < 0);
        CHECK(fit > 0.99);
      }
      MESSAGE("outliers " << outliers << ", κ " << condition << ": " << plain->end()->iteration << " plain, "
                          << scaled->end()->iteration << " scaled");
      iterations.push_back(static_cast<Real>(scaled->end()->iteration));
      if (condition == 10) CHECK(plain->end()->iteration > 2 * scaled->end()->iteration);
    }
  CHECK(iterations[1] == doctest::Approx(iterations[0]).epsilon(0.3));
}

TEST_CASE("of measurements that are held out the optimum knows nothing, either") {
  const auto lane = run_one(robust, {"problem.hold_out.fraction=0.2", "problem.operator.measurements=900",
                                     "stop={iterations: 500, relative_error: 1e-10}"});
  CHECK(lane->end()->end_class == EndClass::converged);
  CHECK(last(*lane, "relative_error") <= 1e-10);
}

TEST_CASE("a run whose objective is at the optimum has converged, one without a slope has stalled") {
  const auto reference = run_one(robust, {"optimizer.step=0.002", "stop.iterations=0"});
  const Real start = reference->iterate().value;
  const auto at_once = run_one(robust, {fmt::format("optimizer.step={{type: polyak, optimum: {}}}", start)});
  CHECK(at_once->end()->end_class == EndClass::converged);
  CHECK(at_once->end()->iteration == 0);
  CHECK(at_once->end()->reason.find("is at its optimum") != std::string::npos);
  CHECK(last(*at_once, "objective") == start);
  const Real wanted = (start + loss_at_truth(*reference)) / 2;
  const auto later =
      run_one(robust, {fmt::format("optimizer.step={{type: polyak, optimum: {}}}", wanted), "stop.iterations=5000"});
  CHECK(later->end()->end_class == EndClass::converged);
  const auto f = column(*later, "objective");
  REQUIRE(f.size() > 1);
  CHECK(f.back() <= wanted);
  for (std::size_t t = 0; t + 1 < f.size(); ++t) CHECK(f[t] > wanted);
  const auto still = run_one(robust, {"initialization={type: small_random, scale: 0}"});
  CHECK(still->end()->end_class == EndClass::stalled);
  CHECK(still->end()->iteration == 0);
}

TEST_CASE("the optimum as a number is that of the truth, without its pass; batches have optima of their own") {
  const auto known = run_one(robust);
  // 17 digits are the number itself.
  const auto given = run_one(robust, {fmt::format("optimizer.step={{type: polyak, optimum: {:.17g}}}", [&] {
                               const SensingProblem& problem = *known->setup().problem;
                               Vec z;
                               problem.op->forward(problem.truth->X, z);
                               Real sum = 0;
                               for (Index i = 0; i < z.n_elem; ++i) sum += std::abs(z[i] - problem.data[i]);
                               return sum;
                             }())});
  CHECK(column(*given, "step")[1] == column(*known, "step")[1]);
  CHECK(last(*given, "relative_error") == last(*known, "relative_error"));
  CHECK(last(*given, "passes") == last(*known, "passes") - 1);
  const auto batched = run_one(robust, {"batch={size: 100}"});
  CHECK(batched->end()->end_class == EndClass::failed);
  CHECK(batched->end()->reason.find("step_size 'polyak'") == std::string::npos);
  CHECK(batched->end()->reason.find("'polyak' failed: needs the objective of all measurements, but a batch has an "
                                    "optimum of its own") != std::string::npos);
  const auto interpolating = run_one(robust, {"batch={size: 100, order: shuffled}", "problem.noise=[]",
                                              "stop={iterations: 3000, relative_error: 1e-10}"});
  CHECK(interpolating->end()->end_class == EndClass::converged);
  CHECK(last(*interpolating, "relative_error") <= 1e-10);
}
