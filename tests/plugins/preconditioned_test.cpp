// Methods in the model's metric: invariance, damping rules and joint Gram matrix against their formulae; and
// alternating minimization against dense least squares.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/conformance/parts.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

const std::string sensing = R"(
seed: 6
problem:
  shape: [14, 11]
  target:   {type: random_low_rank, rank: 3, condition: 10}
  operator: {type: gaussian, measurements: 500}
model: {type: asymmetric, rank: 3}
initialization: {type: small_random, scale: 1}
optimizer: {type: scaled_gradient_descent, step: 0.3}
stop: {iterations: 1}
observers: [relative_error]
)";

/// Column i is vec(A_i).
Mat rows_of(const Lane& lane) {
  const SensingProblem& problem = *lane.setup().problem;
  Mat rows(problem.shape.entries(), problem.op->measurements());
  problem.op->dense_rows(0, rows.n_cols, rows.memptr());
  return rows;
}
Vec residual(const Lane& lane, const Factors& p) {
  return rows_of(lane).t() * arma::vectorise(p[0] * p[p.size() - 1].t()) - lane.setup().problem->data;
}
Mat regularized(const Mat& gram, Real damping) { return gram + damping * arma::eye(arma::size(gram)); }

/// X after so many iterations from a start that is moved along the fibre of its X by Q.
Mat after(const std::string& optimizer, const Mat& Q, int iterations) {
  auto lanes = lanes_of(sensing, {"optimizer=" + optimizer, fmt::format("stop.iterations={}", iterations)});
  LaneSetup setup = lanes.front()->setup();
  setup.start = {{setup.start[0] * Q, setup.start[1] * arma::inv(Q).t()}};
  lanes.front() = std::make_unique<Lane>(std::move(setup));
  Engine().run(lanes);
  return lanes.front()->iterate().X.dense();
}

std::string refusal(const std::vector<std::string>& settings) {
  try {
    lanes_of(sensing, settings);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("trajectories of X do not change under V → V Q, W → W Q⁻ᵀ") {
  const Mat Q = Stream(9, "Q").normal_matrix(3, 3);
  REQUIRE(arma::cond(Q) > 2);
  for (const char* optimizer : {"{type: scaled_gradient_descent, step: 0.3}",
                                "{type: alternating_scaled_gradient_descent, step: 0.5}", "alternating_minimization"})
    for (const int iterations : {1, 2, 5, 20, 100}) {
      CAPTURE(optimizer);
      CAPTURE(iterations);
      const Mat X = after(optimizer, arma::eye(3, 3), iterations);
      CHECK(frobenius_norm(after(optimizer, Q, iterations) - X) <= 1e-9 * frobenius_norm(X));
    }
  // Damping and one Gram matrix for both factors see the coordinates.
  for (const char* optimizer : {"{type: scaled_gradient_descent, step: 0.3, damping: 0.1}",
                                "{type: scaled_gradient_descent, step: 0.3, gram: joint}"})
    CHECK(frobenius_norm(after(optimizer, Q, 2) - after(optimizer, arma::eye(3, 3), 2)) > 1e-3);
}

TEST_CASE("the residual rule damps by ‖A(X) − y‖, whatever the model adds to the objective") {
  for (const char* model : {"{type: asymmetric, rank: 4}", "{type: asymmetric, rank: 4, balancing: 0.5}"}) {
    const std::vector<std::string> settings = {std::string("model=") + model, "optimizer.damping=0.7",
                                               "optimizer.damping_rule=residual"};
    const auto before = run_one(sensing, {settings[0], "stop.iterations=0"}), lane = run_one(sensing, settings);
    const Factors &p = before->iterate().point, &g = before->iterate().gradient, &next = lane->iterate().point;
    const Real delta = 0.7 * frobenius_norm(residual(*before, p));
    CHECK(last(*lane, "damping") == doctest::Approx(delta).epsilon(1e-12));
    CHECK(frobenius_norm(next[0] - (p[0] - 0.3 * g[0] * arma::inv(regularized(p[1].t() * p[1], delta)))) <
          1e-12 * frobenius_norm(g[0]));
    CHECK(frobenius_norm(next[1] - (p[1] - 0.3 * g[1] * arma::inv(regularized(p[0].t() * p[0], delta)))) <
          1e-12 * frobenius_norm(g[1]));
  }
}

TEST_CASE("each phase of an alternating iteration has its own residual") {
  const auto lane = run_one(sensing, {"optimizer={type: alternating_scaled_gradient_descent, step: 0.3, damping: 1, "
                                      "damping_rule: residual}"});
  const auto before = run_one(sensing, {"stop.iterations=0"});
  const Mat &V = before->iterate().point[0], &W = before->iterate().point[1];
  const Real first = frobenius_norm(residual(*before, before->iterate().point));
  const Mat next = V - 0.3 * before->iterate().gradient[0] * arma::inv(regularized(W.t() * W, first));
  CHECK(frobenius_norm(lane->iterate().point[0] - next) < 1e-12);
  CHECK(last(*lane, "damping") == doctest::Approx(frobenius_norm(residual(*before, {{next, W}}))).epsilon(1e-12));
}

TEST_CASE("measurements that are held out do not damp; a batch stands for all measurements") {
  const std::vector<std::string> rule = {"optimizer.damping=1", "optimizer.damping_rule=residual"};
  const auto before = run_one(sensing, {"stop.iterations=0"});
  const Vec r = residual(*before, before->iterate().point);
  const auto with = [&](const std::string& setting) {
    return last(*run_one(sensing, {rule[0], rule[1], setting}), "damping");
  };
  CHECK(with("batch={size: 125}") == doctest::Approx(2 * frobenius_norm(r.head(125))).epsilon(1e-12));
  CHECK(with("loss={type: least_squares, reduction: mean}") ==
        doctest::Approx(frobenius_norm(r) / std::sqrt(500)).epsilon(1e-12));
  // Of the 499 that are seen, the squares count 500/499 times: the square tells which one is not.
  const Real unseen = arma::dot(r, r) - std::pow(with("problem.hold_out.fraction=0.002"), 2) * 499 / 500;
  CHECK(arma::abs(r % r - unseen).min() < 1e-9 * arma::dot(r, r));
}

TEST_CASE("the geometric rule damps by δ ρᵗ") {
  for (const char* method : {"scaled_gradient_descent", "alternating_scaled_gradient_descent"}) {
    const auto lane = run_one(sensing, {fmt::format("optimizer={{type: {}, step: 0.3, damping: 2, damping_rule: "
                                                    "geometric, decay: 0.8}}",
                                                    method),
                                        "stop.iterations=12"});
    for (const Index t : {0U, 1U, 11U})
      CHECK(at(*lane, "damping", t + 1) == doctest::Approx(2 * std::pow(0.8, t)).epsilon(1e-12));
    const auto constant = run_one(sensing, {fmt::format("optimizer={{type: {}, step: 0.3, damping: 2}}", method)}),
               first = run_one(sensing, {fmt::format("optimizer={{type: {}, step: 0.3, damping: 2, damping_rule: "
                                                     "geometric}}",
                                                     method)});
    CHECK(frobenius_norm(constant->iterate().X.dense() - first->iterate().X.dense()) == 0);
    CHECK_FALSE(constant->trace().find("damping"));
  }
}

TEST_CASE("the joint Gram matrix is that of the stacked factors") {
  for (const Real delta : {0.0, 0.4}) {
    const auto before = run_one(sensing, {"stop.iterations=0"}),
               lane = run_one(sensing, {"optimizer.gram=joint", fmt::format("optimizer.damping={}", delta)});
    const Factors &p = before->iterate().point, &g = before->iterate().gradient;
    const Mat inverse = arma::inv(regularized(p[0].t() * p[0] + p[1].t() * p[1], delta));
    for (const Index b : {0U, 1U})
      CHECK(frobenius_norm(lane->iterate().point[b] - (p[b] - 0.3 * g[b] * inverse)) < 1e-12);
  }
  // One block: there is nothing to join.
  const std::vector<std::string> square = {"problem.shape=[14, 14]", "model={type: symmetric, rank: 3}",
                                           "optimizer.damping=0.2", "stop.iterations=7"};
  auto joint = square;
  joint.emplace_back("optimizer.gram=joint");
  CHECK(frobenius_norm(run_one(sensing, square)->iterate().point[0] - run_one(sensing, joint)->iterate().point[0]) <
        1e-12);
}

TEST_CASE("what cannot be damped or joined is refused") {
  CHECK(refusal({"optimizer.damping_rule=geometric"}).find("needs a damping above 0") != std::string::npos);
  CHECK(
      refusal({"optimizer.damping_rule=residual", "optimizer.damping=1", "loss=absolute"}).find("second derivatives") !=
      std::string::npos);
  class Uneven final : public Space {
   public:
    std::vector<Block> blocks() const override { return {{"A", 4, 2}, {"b", 4, 1}}; }
    void precondition(const Factors&, Real, const Factors& g, Factors& d) const override { d = g; }
  } const space;
  Context context = parts::context({4, 4}, 1);
  context.known_space = &space;
  CHECK_NOTHROW(made<Optimizer>("scaled_gradient_descent", "{}", context));
  CHECK_THROWS_WITH_AS(made<Optimizer>("scaled_gradient_descent", "{gram: joint}", context),
                       doctest::Contains("equally many columns for a joint Gram matrix, but A has 2 and b has 1"),
                       Unsuitable);
}

TEST_CASE("alternating minimization: each factor is the least squares solution for the other one") {
  const auto before = run_one(sensing, {"stop.iterations=0"}),
             lane = run_one(sensing, {"optimizer={type: alternating_minimization, tolerance: 1e-12}"});
  const Mat rows = rows_of(*lane), &W = before->iterate().point[1];
  Mat for_V(500, 14 * 3), for_W(500, 11 * 3);
  for (Index i = 0; i < 500; ++i) {
    const Mat A = arma::reshape(rows.col(i), 14, 11);
    for_V.row(i) = arma::vectorise(A * W).t();
    for_W.row(i) = arma::vectorise(A.t() * lane->iterate().point[0]).t();
  }
  const Vec& y = lane->setup().problem->data;
  CHECK(frobenius_norm(arma::vectorise(lane->iterate().point[0]) - arma::solve(for_V, y)) < 1e-10);
  CHECK(frobenius_norm(arma::vectorise(lane->iterate().point[1]) - arma::solve(for_W, y)) < 1e-10);
  // A pass for the start, one for each factor, and one for each product.
  CHECK(static_cast<Real>(lane->counters().fused) == 3 + last(*lane, "inner_iterations"));
}

TEST_CASE("alternating minimization: the normal equations hold to the tolerance, for any condition number") {
  for (const Real tolerance : {1e-2, 1e-6}) {
    std::vector<Real> products;
    for (const char* condition : {"1", "10", "100"}) {
      const std::string setting = std::string("problem.target.condition=") + condition;
      const auto lane = run_one(
          sensing, {setting, fmt::format("optimizer={{type: alternating_minimization, tolerance: {}}}", tolerance)});
      const auto first = run_one(sensing, {setting, "stop.iterations=0"});
      Iterate middle;  // where the second factor is asked for
      middle.point = {{lane->iterate().point[0], first->iterate().point[1]}};
      lane->setup().objective->evaluate(middle, Blocks::all());
      const auto measured = [&](const Factors& gradient) {  // as M⁻¹ measures
        Factors solved;
        lane->setup().objective->space().precondition(middle.point, 0, gradient, solved);
        return std::sqrt(arma::dot(gradient[1], solved[1]));
      };
      CHECK(measured(lane->iterate().gradient) <= 1.000001 * tolerance * measured(middle.gradient));
      products.push_back(last(*lane, "inner_iterations"));
    }
    const auto [least, most] = std::minmax_element(products.begin(), products.end());
    CHECK(*most <= *least + 3);
  }
}

TEST_CASE("alternating minimization: exact after one sweep and one product a factor if every entry is seen") {
  const auto lane = run_one(sensing, {"problem.operator=identity", "optimizer=alternating_minimization"});
  CHECK(last(*lane, "inner_iterations") == 2);
  CHECK(last(*lane, "relative_error") < 1e-12);
}

TEST_CASE("alternating minimization: what it cannot solve is refused") {
  const std::string method = "optimizer=alternating_minimization";
  CHECK(refusal({method, "model.balancing=1"}).find("without a penalty") != std::string::npos);
  CHECK(refusal({method, "loss=absolute"}).find("second derivatives") != std::string::npos);
  CHECK(refusal({method, "problem.shape=[11, 11]", "model={type: symmetric, rank: 3}"}).find("several blocks") !=
        std::string::npos);
  const auto still = run_one(sensing, {method, "initialization.scale=0"});
  CHECK(still->end()->end_class == EndClass::converged);
}
