// The predicted growth of the singular values: against the linear recursion itself, and against runs.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/interfaces/observer.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"
#include "tests/support/parts.hpp"

using namespace tightrope;

namespace {

std::string experiment(const std::string& model, const std::string& op, const std::string& options = "{count: 3}") {
  return fmt::format(
      "seed: 2\nproblem:\n  shape: [{0}]\n  target: {{type: random_low_rank, rank: 3, condition: 2{1}}}\n  operator: "
      "{2}\nmodel: {{type: {3}, rank: 5}}\ninitialization: {{type: small_random, scale: 1e-4}}\noptimizer: {{type: "
      "gradient_descent, step: 0.2}}\nstop: {{iterations: 80}}\nobservers: [{{singular_values: {{count: 3}}}}, "
      "{{linear_phase: {4}}}]\n",
      model == "symmetric" ? "11, 11" : "14, 11", model == "symmetric" ? ", symmetric: true" : "", op, model, options);
}

const char* const gaussian = "{type: gaussian, measurements: 700}";

/// A*(y).
Mat back_projected(const Lane& lane) {
  Mat M;
  lane.setup().problem->op->adjoint(lane.setup().problem->data, M);
  return M;
}

std::string theory(Index i) { return fmt::format("sigma_{}_theory", i); }

/// The rows in which the first column is defined.
Index defined_rows(const Lane& lane) {
  const std::vector<Real> values = lane.trace().column(lane.trace().find(theory(1)).value());
  return static_cast<Index>(std::count_if(values.begin(), values.end(), [](Real v) { return !std::isnan(v); }));
}

/// All columns are those of V ← V + a M W, W ← W + a Mᵀ V from the start of the run.
void compare_with_recursion(const Lane& lane, const Mat& M, Real a) {
  Mat V = lane.setup().start[0], W = lane.setup().start.blocks.back();
  const Index rows = defined_rows(lane);
  CHECK(rows > 20);
  CHECK(rows < lane.trace().rows.size());
  for (Index t = 0; t < rows; ++t) {
    const Vec sigma = arma::svd(Mat(V * W.t()));
    for (Index i = 1; i <= 3; ++i)
      CHECK(at(lane, theory(i), t) == doctest::Approx(sigma[i - 1]).epsilon(1e-8).scale(sigma[0] * 1e-6));
    const Mat next = V + a * M * W;
    W += a * M.t() * V;
    V = next;
  }
}

}  // namespace

TEST_CASE("linear_phase: the columns are those of the linear recursion, for both models and both sources of M") {
  const auto lane = run_one(experiment("asymmetric", gaussian));
  compare_with_recursion(*lane, back_projected(*lane), 0.2);
  const auto population = run_one(experiment("asymmetric", gaussian, "{count: 3, matrix: truth}"));
  compare_with_recursion(*population, population->setup().problem->truth->X.dense(), 0.2);
  // ∇f(U) = (G + Gᵀ) U.
  const auto square = run_one(experiment("symmetric", "{type: gaussian, measurements: 700, symmetric: true}"));
  const Mat M = back_projected(*square);
  compare_with_recursion(*square, (M + M.t()) / 2, 0.4);
  CHECK(arma::eig_sym(Mat((M + M.t()) / 2)).min() < -0.01);  // which its singular values alone would not tell
}

TEST_CASE("linear_phase: what runs do, within a thousandth of their length as long as X is small, a tenth at the end") {
  for (const char* model : {"asymmetric", "symmetric"}) {
    const std::string op =
        model == std::string("symmetric") ? "{type: gaussian, measurements: 700, symmetric: true}" : gaussian;
    const auto lane = run_one(experiment(model, op));
    Real worst_early = 0, worst = 0;
    for (Index t = 0; t < defined_rows(*lane); ++t)
      for (Index i = 1; i <= 3; ++i) {
        const Real said = at(*lane, theory(i), t), is = at(*lane, fmt::format("sigma_{}", i), t);
        const Real error = std::abs(said - is) / is;
        (at(*lane, theory(1), t) < 1e-3 ? worst_early : worst) =
            std::max(error, at(*lane, theory(1), t) < 1e-3 ? worst_early : worst);
      }
    CHECK(worst_early < 2e-3);
    CHECK(worst < 0.6);
    CHECK(last(*lane, "sigma_1") > 0.9);  // the run has gone beyond the phase
    CHECK(std::isnan(last(*lane, theory(1))));
    CHECK(std::isnan(last(*lane, theory(3))));
  }
}

TEST_CASE("linear_phase: a mean of squares, another scale of the operator and a longer step are taken into account") {
  const auto plain = run_one(experiment("asymmetric", gaussian));
  // The mean divides the gradient by m = 700, and the step makes up for it.
  const auto mean = run_one(experiment("asymmetric", gaussian),
                            {"loss={type: least_squares, reduction: mean}", "optimizer.step=140"});
  const auto raw = run_one(experiment("asymmetric", "{type: gaussian, measurements: 700, normalization: none}"),
                           {fmt::format("optimizer.step={:.17g}", 0.2 / 700)});
  CHECK(defined_rows(*mean) == defined_rows(*plain));
  CHECK(defined_rows(*raw) == defined_rows(*plain));
  for (Index t = 0; t < defined_rows(*plain); ++t)
    for (const auto* other : {&mean, &raw})
      CHECK(at(**other, theory(2), t) == doctest::Approx(at(*plain, theory(2), t)).epsilon(1e-8));
  const auto longer = run_one(experiment("asymmetric", gaussian), {"optimizer.step=0.4"});
  CHECK(defined_rows(*longer) < defined_rows(*plain));
  CHECK(at(*longer, theory(1), 10) > 5 * at(*plain, theory(1), 10));
}

TEST_CASE("linear_phase: along a flow the factors are multiplied by the exponential of the linear map") {
  const auto lane = run_one(experiment("asymmetric", gaussian), {"stop.iterations=1"});
  const SensingProblem& problem = *lane->setup().problem;
  const auto& objective = *lane->setup().objective;
  Context context(problem.shape, Stream(1, "x"), std::make_shared<const Team>(1));
  const auto model = std::make_shared<const parts::TwoFactors>(problem.shape, Index{5});
  const parts::HalfSquare loss;
  Counters counters;
  CountedSensing sensing(lane->setup().problem, std::make_shared<SharedAdjoint>(), counters);
  context.known_model = model.get();
  context.known_data = &problem.data;
  context.known_loss = &loss;
  context.known_sensing = &sensing;
  context.known_start = &lane->setup().start;
  const auto flow = made<Observer>("linear_phase", "{count: 2, growth: flow}", context);
  const auto steps = made<Observer>("linear_phase", "{count: 2}", context);
  const Mat M = back_projected(*lane);
  const Index n1 = M.n_rows, n2 = M.n_cols;
  Mat map(n1 + n2, n1 + n2, arma::fill::zeros);
  map.submat(0, n1, n1 - 1, n1 + n2 - 1) = M;
  map.submat(n1, 0, n1 + n2 - 1, n1 - 1) = M.t();
  for (const Real time : {0.0, 0.7, 3.0, 5.5}) {
    Iterate at;
    at.iteration = 4;  // of any lengths
    at.time = time;
    const LowRank X;
    const Vec none;
    const Snapshot seen{at, objective.space(), X, none};
    std::vector<Real> values(2), stepped(2);
    flow->observe(seen, values);
    steps->observe(seen, stepped);
    const Mat grown = arma::expmat(Mat(time * map)) * arma::join_cols(lane->setup().start[0], lane->setup().start[1]);
    const Vec sigma = arma::svd(Mat(grown.head_rows(n1) * grown.tail_rows(n2).t()));
    CHECK(values[0] == doctest::Approx(sigma[0]).epsilon(1e-9));
    CHECK(values[1] == doctest::Approx(sigma[1]).epsilon(1e-9));
    if (time > 1) CHECK(stepped[0] < 0.9 * values[0]);  // (1 + x)^t < e^(xt)
  }
}

TEST_CASE("linear_phase: what a gradient flow does, whatever its steps") {
  const auto run_with = [](const std::string& growth) {
    return run_one(experiment("asymmetric", gaussian, "{count: 3, growth: " + growth + "}"),
                   {"optimizer={type: gradient_flow, end_time: 7, output_times: [1, 2.5, 5]}", "stop.iterations=1000"});
  };
  const auto flow = run_with("flow"), steps = run_with("steps");
  Index seen = 0;
  for (const std::vector<Real>& row : flow->trace().rows) {
    const auto t = static_cast<Index>(row[0]);
    if (!(at(*flow, theory(1), t) < 1e-4)) continue;
    ++seen;
    for (Index i = 1; i <= 3; ++i)
      CHECK(at(*flow, theory(i), t) == doctest::Approx(at(*flow, fmt::format("sigma_{}", i), t)).epsilon(2e-3));
    if (at(*flow, "time", t) > 4) CHECK(at(*steps, theory(1), t) < 0.9 * at(*flow, theory(1), t));
  }
  CHECK(seen > 5);
}

TEST_CASE("linear_phase: a run costs the same with it, and other models are refused") {
  const std::string with = experiment("asymmetric", gaussian);
  const auto lane = run_one(with), without = run_one(with, {"observers=[{singular_values: {count: 3}}]"});
  CHECK(parts::same_bits(lane->iterate().point, without->iterate().point));
  CHECK(lane->counters().passes() == without->counters().passes());
  CHECK(lane->counters().bytes == without->counters().bytes);
  for (const Column& column : lane->trace().columns)
    if (column.name == theory(2)) CHECK(column.theory_of == "sigma_2");
}
