// The optimizer gauss_newton against dense linear algebra, and how fast it converges.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <numeric>

#include "core/engine/objectives/sensing_objective.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

constexpr const char* sensing = R"(
seed: 3
problem:
  shape: [15, 12]
  target:   {type: random_low_rank, rank: 3, condition: 2}
  operator: {type: gaussian, measurements: 400}
model:          {type: asymmetric, rank: 3}
initialization: spectral
optimizer: gauss_newton
stop: {iterations: 6}
observers: [relative_error]
)";

/// The runs of a config from points near the truth: its balanced factors, each disturbed by `distance` of its norm.
std::unique_ptr<Lane> run_near(Real distance, const std::vector<std::string>& assignments) {
  const auto built = lanes_of(sensing, assignments);
  LaneSetup setup = built[0]->setup();
  setup.start = setup.objective->sensing()->model().from_svd(setup.problem->truth->svd);
  for (Index b = 0; b < setup.start.size(); ++b) {
    const Mat noise = Stream(7, "near").child(std::to_string(b)).normal_matrix(setup.start[b].n_rows, 3);
    setup.start[b] += distance * frobenius_norm(setup.start[b]) / frobenius_norm(noise) * noise;
  }
  setup.objective->restore({});
  std::vector<std::unique_ptr<Lane>> lanes;
  lanes.push_back(std::make_unique<Lane>(std::move(setup)));
  Engine().run(lanes);
  return std::move(lanes[0]);
}

Vec flat(const Factors& factors) {
  Vec all;
  for (const Mat& block : factors.blocks) all = arma::join_cols(all, arma::vectorise(block));
  return all;
}

/// J, column by column: the measurements of the derivative along each unit direction.
Mat jacobian(const Lane& lane, const Factors& point) {
  const FactorizationModel& model = lane.setup().objective->sensing()->model();
  const MeasurementOperator& op = *lane.setup().problem->op;
  Mat J;
  for (Index b = 0; b < point.size(); ++b)
    for (Index i = 0; i < point[b].n_elem; ++i) {
      Factors unit = zeros(model.blocks());
      unit[b][i] = 1;
      LowRank dX;
      Vec z;
      model.push_forward(point, unit, dX);
      op.forward(dX.dense(), z);
      J.insert_cols(J.n_cols, z);
    }
  return J;
}

/// The first step of a run, and J and the residuals A(X) − y at its start.
struct FirstStep {
  Vec d, residual;
  Mat J;
};
FirstStep first_step(const std::vector<std::string>& assignments) {
  std::vector<std::string> settings = {"stop.iterations=1"};
  settings.insert(settings.end(), assignments.begin(), assignments.end());
  const auto lane = run_near(0.3, settings);
  const Factors& start = lane->setup().start;
  LowRank X;
  Vec z;
  lane->setup().objective->sensing()->model().expand(start, X);
  lane->setup().problem->op->forward(X.dense(), z);
  return {flat(lane->iterate().point) - flat(start), z - lane->setup().problem->data, jacobian(*lane, start)};
}

/// Slopes of 1 everywhere, curvature at the first measurements alone.
class Bent final : public Loss {
 public:
  explicit Bent(Index count) : count_(count) {}
  Real evaluate(Index, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) sum += z[i] - y[i];
    std::fill(slope.begin(), slope.end(), 1);
    return sum;
  }
  void curvature(Index first, std::span<const Real>, std::span<const Real>, std::span<Real> curvature) const override {
    for (std::size_t i = 0; i < curvature.size(); ++i) curvature[i] = first + i < count_ ? 1 : 0;
  }

 private:
  Index count_;
};

Real relative(const Vec& found, const Vec& expected) { return arma::norm(found - expected) / arma::norm(expected); }

}  // namespace

TEST_CASE("with the exact rank and no noise convergence is quadratic, and every product with H is a pass") {
  for (const char* model : {"asymmetric", "symmetric"}) {
    std::vector<std::string> settings;
    if (std::string(model) == "symmetric")
      settings = {"problem.shape=[15, 15]", "problem.target.symmetric=true", "problem.operator.symmetric=true",
                  "model.type=symmetric"};
    const auto lane = run_near(1e-2, settings);
    const auto error = column(*lane, "relative_error"), inner = column(*lane, "inner_iterations"),
               passes = column(*lane, "passes");
    std::string text;
    for (std::size_t t = 0; t < error.size(); ++t) text += fmt::format(" {:.1e} ({})", error[t], inner[t]);
    MESSAGE(std::string(model) << ", errors (inner iterations):" << text);
    const Real expected[] = {1e-2, 1e-4, 1e-8};
    for (std::size_t t = 0; t < 3; ++t) {
      CHECK(error[t] < 10 * expected[t]);
      CHECK(error[t] > expected[t] / 10);
    }
    CHECK(*std::min_element(error.begin(), error.end()) < 1e-13);
    Real expected_passes = 1;
    for (std::size_t t = 0; t < error.size(); ++t) {
      if (t > 0) expected_passes += 1 + inner[t];
      CHECK(passes[t] == expected_passes);
    }
    CHECK(std::isnan(inner[0]));
    CHECK(column(*lane, "step")[1] == 1);
  }
}

TEST_CASE("without damping a step is the least-norm solution of the linearized least-squares problem") {
  for (const char* condition : {"2", "30"}) {
    const auto [d, residual, J] =
        first_step({"optimizer.tolerance=0", fmt::format("problem.target.condition={}", condition)});
    CHECK(J.n_cols == 3 * (15 + 12));
    REQUIRE(arma::rank(J, 1e-8 * spectral_norm(J)) == 3 * (15 + 12 - 3));
    CHECK(relative(d, -arma::pinv(J, 1e-8 * spectral_norm(J)) * residual) < 1e-9);
    // Any other solution is longer: the step is orthogonal to the kernel of J.
    CHECK(arma::norm(arma::null(J, 1e-8 * spectral_norm(J)).t() * d) < 1e-9 * arma::norm(d));
  }
}

TEST_CASE("a damped step solves (JᵀJ + δI) d = −Jᵀ(A(X) − y), δ constant or proportional to the gradient") {
  for (const char* rule : {"constant", "gradient_norm"}) {
    const auto [d, residual, J] =
        first_step({"optimizer.tolerance=0", "optimizer.damping=0.3", fmt::format("optimizer.damping_rule={}", rule)});
    const Vec gradient = J.t() * residual;
    const Real damping = 0.3 * (std::string(rule) == "constant" ? 1 : arma::norm(gradient));
    const Mat H = J.t() * J + damping * arma::eye(J.n_cols, J.n_cols);
    CHECK(relative(d, -arma::solve(H, gradient)) < 1e-9);
    const auto lane =
        run_near(0.3, {"stop.iterations=1", "optimizer.damping=0.3", fmt::format("optimizer.damping_rule={}", rule)});
    CHECK(last(*lane, "damping") == doctest::Approx(damping).epsilon(1e-12));
  }
}

TEST_CASE("the inner solver stops at its relative residual, or at its limit") {
  const auto [d, residual, J] = first_step({"optimizer.tolerance=0.05"});
  const Vec gradient = J.t() * residual;
  const Real left = arma::norm(J.t() * (J * d) + gradient) / arma::norm(gradient);
  CHECK(left <= 0.05);
  CHECK(left > 1e-4);
  // One step of conjugate gradients is Cauchy's.
  const auto [cauchy, same, unused] = first_step({"optimizer.inner_iterations=1"});
  const Vec Jg = J * gradient;
  CHECK(relative(cauchy, -arma::dot(gradient, gradient) / arma::dot(Jg, Jg) * gradient) < 1e-12);
}

TEST_CASE("outside of the range of H there is no step, and where H is zero the run has stalled") {
  const auto lane = std::move(lanes_of(sensing)[0]);
  const Context context({15, 12}, Stream(1, "test"), std::make_shared<const Team>(1));
  const auto model = made<FactorizationModel>("asymmetric", "{rank: 3}", context);
  Iterate at;
  at.point = lane->setup().start;
  for (const Index bent : {1U, 2U, 3U, 0U}) {
    SensingObjective objective(lane->setup().problem, std::make_shared<const Bent>(bent), model);
    objective.evaluate(at, Blocks::all());
    Memory memory, unused;
    StepContext step{objective, memory, nullptr, unused};
    Factors next;
    const Move move = lane->setup().optimizer->advance(at, step, next);
    if (bent == 0) {
      REQUIRE(move.end);
      CHECK(move.end->end_class == EndClass::stalled);
      CHECK(move.end->reason == "the loss has no curvature along the gradient");
      continue;
    }
    // H = JᵀJ of a few rows. Conjugate gradients find the minimum of the quadratic model over span{g, Hg, …}, one
    // dimension for each row; the direction after these has no curvature but that of rounding.
    const Mat J = jacobian(*lane, at.point), rows = J.head_rows(bent), H = rows.t() * rows;
    const Vec g = arma::sum(J, 0).t();
    Mat basis = g / arma::norm(g);
    while (basis.n_cols < bent) basis = arma::orth(arma::join_rows(basis, H * basis.tail_cols(1) / spectral_norm(H)));
    CHECK(relative(flat(next) - flat(at.point), -basis * arma::solve(basis.t() * H * basis, basis.t() * g)) < 1e-6);
    CHECK(move.columns[0] == static_cast<Real>(bent + 1));
    CHECK_FALSE(move.end);
  }
}

TEST_CASE("measurements of a mean, batches and held-out rows are seen as the objective sees them") {
  // Newton's step does not depend on the weight of the loss.
  const auto sum = first_step({"optimizer.tolerance=0"}),
             mean = first_step({"optimizer.tolerance=0", "loss={type: least_squares, reduction: mean}"});
  CHECK(relative(mean.d, sum.d) < 1e-9);
  const auto batch = first_step({"optimizer.tolerance=0", "batch={size: 200}"});
  const Mat J = batch.J.head_rows(200);
  CHECK(relative(batch.d, -arma::pinv(J, 1e-8 * spectral_norm(J)) * batch.residual.head(200)) < 1e-9);
}

TEST_CASE("a run taken up at any iteration ends in the same state") {
  const auto whole = run_one(sensing);
  const auto part = run_one(sensing, {"stop.iterations=3"});
  auto resumed = lanes_of(sensing);
  resumed[0]->restore(part->state(), part->trace().rows, part->trace().seconds, part->cost());
  Engine().run(resumed);
  CHECK(resumed[0]->state() == whole->state());
  CHECK(resumed[0]->trace().csv() == whole->trace().csv());
}

TEST_CASE("what has no second derivatives is refused in one sentence") {
  const auto refused = [](const std::string& assignment, const char* reason) {
    CHECK_THROWS_WITH_AS(lanes_of(sensing, {assignment}),
                         doctest::Contains(("optimizer 'gauss_newton' needs a " + std::string(reason)).c_str()),
                         ConfigError);
  };
  refused("loss=absolute", "loss with second derivatives, but this loss has none (it has no curvature)");
  refused("model.balancing=1", "model without a penalty, but this one has one, whose second derivatives it cannot ask");
  const Context bare({15, 12}, Stream(1, "test"), std::make_shared<const Team>(1));
  CHECK_THROWS_WITH_AS(made<Optimizer>("gauss_newton", "{}", bare),
                       "needs a measurement operator, which this problem does not have", Unsuitable);
}

TEST_CASE("where there is no gradient the run has converged, whether or not that is the truth") {
  const auto lane = run_one(sensing, {"initialization={type: small_random, scale: 0}"});
  CHECK(lane->end()->end_class == EndClass::converged);
  CHECK(lane->end()->reason == "the gradient is zero");
  CHECK(lane->end()->iteration == 0);
}
