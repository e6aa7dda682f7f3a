// The loop: counting, recording, ending, batches.
#include "core/engine/engine.hpp"

#include <doctest/doctest.h>

#include "tests/support/parts.hpp"

using namespace tightrope;
using namespace tightrope::parts;

TEST_CASE("a run asked for n iterations does n, and records the first and the last") {
  for (const Index n : {0U, 1U, 7U}) {
    LaneSetup given = setup(problem());
    given.stop.iterations = n;
    given.watches[0].schedule = {5, false};
    const auto lane = run(given);
    CHECK(lane->iterate().iteration == n);
    CHECK(lane->end()->end_class == EndClass::limit);
    CHECK(lane->counters().fused == n + 1);
    const auto iterations = lane->trace().column(0);
    CHECK(iterations.front() == 0);
    CHECK(iterations.back() == static_cast<Real>(n));
    CHECK(iterations.size() == (n == 0 ? 1 : n == 1 ? 2 : 3));
    CHECK(lane->trace().seconds.size() == iterations.size());
  }
}

TEST_CASE("each step is p - mu grad f(p), with the gradient of half the squared residual") {
  const auto of = problem();
  LaneSetup given = setup(of);
  given.stop.iterations = 1;
  const auto lane = run(given);
  Mat rows(of->shape.entries(), of->op->measurements());
  of->op->dense_rows(0, of->op->measurements(), rows.memptr());
  const Mat V = given.start[0], W = given.start[1];
  const Mat M = arma::reshape(Mat(rows * (rows.t() * arma::vectorise(Mat(V * W.t())) - of->data)), 12, 9);
  CHECK(arma::norm(lane->iterate().point[0] - (V - 0.4 * M * W), "fro") < 1e-14);
  CHECK(arma::norm(lane->iterate().point[1] - (W - 0.4 * M.t() * V), "fro") < 1e-14);
}

TEST_CASE(
    "a threshold ends a run as converged at the first iterate that meets it, also when nobody records the column") {
  for (const bool recorded : {true, false}) {
    LaneSetup given = setup(problem());
    given.stop.iterations = 2000;
    given.watches[0].recorded = recorded;
    given.watches[0].schedule = {1000, false};
    given.stop.thresholds = {{"error", 1e-6}};
    const auto lane = run(given);
    CHECK(lane->end()->end_class == EndClass::converged);
    const Real error = relative_error(lane->iterate().X, given.problem->truth->X);
    CHECK(error <= 1e-6);
    CHECK(error > 5e-7);
    CHECK(lane->trace().find("error").has_value() == recorded);
  }
  LaneSetup given = setup(problem());
  given.stop.thresholds = {{"no_such_column", 1}};
  CHECK_THROWS_AS(Lane{given}, std::logic_error);
}

TEST_CASE("a step that is far too large ends as diverged, with the last good point and finite numbers in the trace") {
  LaneSetup given = setup(problem(), 2, 1e3);
  const auto lane = run(given);
  CHECK(lane->end()->end_class == EndClass::diverged);
  CHECK(lane->end()->iteration == lane->iterate().iteration + 1);
  CHECK(is_finite(lane->iterate().point));
  const auto step = lane->trace().find("step").value();  // no step has led to the start
  for (const auto& row : lane->trace().rows)
    for (Index c = 0; c < row.size(); ++c) CHECK(std::isfinite(row[c]) == !(c == step && row[0] == 0));
}

TEST_CASE("a run has not diverged before the objective exceeds the data's own scale, however good its start was") {
  // From a start next to the truth to 0, where f = ½‖y‖², and to −X*, where it is four times that.
  class Jump final : public DirectionOptimizer {
   public:
    explicit Jump(Real factor) : factor_(factor) {}
    void direction(const Iterate&, Objective&, Memory&, Factors&) const override {}
    Move advance(const Iterate& at, StepContext&, Factors& next) const override {
      next = at.point;
      next[0] *= factor_;
      Move move;
      move.step = 1;
      return move;
    }

   private:
    Real factor_;
  };
  for (const Real factor : {0.0, -1.0}) {
    LaneSetup given = setup(problem());
    given.start = {{given.problem->truth->X.left, given.problem->truth->X.right}};
    given.optimizer = std::make_shared<const Jump>(factor);
    given.stop.iterations = 1;
    given.stop.divergence = 1.5;
    CHECK(run(given)->end()->end_class == (factor == 0 ? EndClass::limit : EndClass::diverged));
  }
}

TEST_CASE("a start that is not finite ends at once as diverged, and no observer is asked about it") {
  for (const Real value : {arma::datum::nan, arma::datum::inf, 1e300}) {
    LaneSetup given = setup(problem());
    given.start[0](0, 0) = value;
    given.start[1](0, 0) = value;
    const auto lane = run(given);
    CHECK(lane->end()->end_class == EndClass::diverged);
    CHECK(lane->end()->reason.starts_with("at the start"));
    CHECK(lane->end()->iteration == 0);
    CHECK(lane->iterate().iteration == 0);
    REQUIRE(lane->trace().rows.size() == 1);
    CHECK(std::isnan(lane->trace().last(lane->trace().find("error").value())));
    CHECK(lane->trace().rows[0][1] == 1);
  }
}

namespace {

/// Another step size from a phase of an iteration on.
class StepFrom final : public StepSize {
 public:
  StepFrom(Index iteration, Index phase, Real step) : iteration_(iteration), phase_(phase), step_(step) {}
  Step choose(const Iterate& at, const Factors&, Objective& objective, Memory&) const override {
    if (at.iteration != iteration_ || at.phase != phase_) return 0.4;
    objective.value(at.point);  // trials that lead to nothing
    return step_;
  }

 private:
  Index iteration_, phase_;
  Real step_;
};

}  // namespace

TEST_CASE("a run that ends anywhere in an iteration ends with the last complete iterate, fully recorded") {
  for (const Index every : {1U, 1000U})
    for (const Index phase : {0U, 1U})
      for (const Real step : {0.0, 1e9}) {
        const auto made = [&](Index iterations) {
          LaneSetup given = setup(problem());
          given.optimizer = std::make_shared<const Downhill>(true);
          given.watches[0].schedule = {every, false};
          given.stop.iterations = iterations;
          return given;
        };
        const auto complete = run(made(4));
        LaneSetup given = made(50);
        given.step_size = std::make_shared<const StepFrom>(4, phase, step);
        const auto lane = run(given);
        CHECK(lane->end()->end_class == (step == 0 ? EndClass::stalled : EndClass::diverged));
        CHECK(lane->end()->iteration == (step == 0 ? 4 : 5));
        CHECK(lane->iterate().iteration == 4);
        CHECK(lane->iterate().phase == 0);
        CHECK(same_bits(lane->iterate().point, complete->iterate().point));
        CHECK(same_bits(lane->iterate().gradient, complete->iterate().gradient));
        CHECK(lane->iterate().value == complete->iterate().value);
        CHECK(lane->trace().csv() == complete->trace().csv());
        CHECK(lane->trace().rows.back()[0] == 4);
        CHECK(lane->trace().rows.back()[1] == 9);  // the start, and two evaluations an iteration
        CHECK(std::isfinite(lane->trace().rows.back()[3]));
      }
}

TEST_CASE("a step size of zero ends as stalled") {
  const auto lane = run(setup(problem(), 2, 0));
  CHECK(lane->end()->end_class == EndClass::stalled);
  CHECK(lane->iterate().iteration == 0);
}

TEST_CASE("alternating phases update one block after the other, each with a fresh gradient") {
  const auto of = problem();
  LaneSetup given = setup(of);
  given.optimizer = std::make_shared<const Downhill>(true);
  given.stop.iterations = 1;
  const auto lane = run(given);
  CHECK(lane->counters().fused == 3);  // start, after V, after W
  Mat rows(of->shape.entries(), of->op->measurements());
  of->op->dense_rows(0, of->op->measurements(), rows.memptr());
  const auto M = [&](const Mat& V, const Mat& W) {
    return Mat(arma::reshape(Mat(rows * (rows.t() * arma::vectorise(Mat(V * W.t())) - of->data)), 12, 9));
  };
  const Mat W = given.start[1], V = given.start[0] - 0.4 * M(given.start[0], W) * W;
  CHECK(arma::norm(lane->iterate().point[0] - V, "fro") < 1e-14);
  CHECK(arma::norm(lane->iterate().point[1] - (W - 0.4 * M(V, W).t() * V), "fro") < 1e-14);
}

TEST_CASE("a lane in a batch has the bits of its solo run, whatever its company") {
  const auto of = problem(2);
  const auto variant = [&](int i) {
    LaneSetup given = setup(of, 2 + static_cast<Index>(i % 3), 0.1 + 0.1 * i);
    given.stop.iterations = 20 + 7 * static_cast<Index>(i);
    if (i % 2) given.optimizer = std::make_shared<const Downhill>(true);
    if (i == 4) given.step_size = std::make_shared<const Fixed>(1e3);  // diverges in company
    return given;
  };
  std::vector<std::unique_ptr<Lane>> together;
  for (int i = 0; i < 6; ++i) together.push_back(std::make_unique<Lane>(variant(i)));
  Engine().run(together);
  for (int i = 0; i < 6; ++i) {
    const auto alone = run(variant(i));
    const Lane& lane = *together[static_cast<std::size_t>(i)];
    CHECK(same_bits(alone->iterate().point, lane.iterate().point));
    CHECK(alone->trace().csv() == lane.trace().csv());
    CHECK(alone->end()->reason == lane.end()->reason);
  }
}

TEST_CASE("the number of threads does not change a bit") {
  const auto one = run(setup(problem(1)));
  for (const unsigned threads : {2U, 3U, 4U})
    CHECK(same_bits(one->iterate().point, run(setup(problem(threads)))->iterate().point));
}

TEST_CASE("a loss that sees the whole residual takes two passes and gives the same iterates") {
  const auto of = problem();
  LaneSetup given = setup(of);
  given.objective = std::make_shared<SensingObjective>(of, std::make_shared<const HalfSquare>(false),
                                                       std::make_shared<const TwoFactors>(of->shape, 2));
  const auto whole = run(given), blockwise = run(setup(of));
  CHECK(whole->counters().passes() == 2 * blockwise->counters().passes());
  // The two add the same numbers in another order; 100 contracting steps keep that at rounding level.
  CHECK(arma::norm(whole->iterate().point[0] - blockwise->iterate().point[0], "fro") < 1e-12);
}

TEST_CASE("observers do not change a run") {
  LaneSetup unobserved = setup(problem());
  unobserved.watches.clear();
  CHECK(same_bits(run(unobserved)->iterate().point, run(setup(problem()))->iterate().point));
}

namespace {

/// Parts that throw at iteration 7, or from then on.
class ThrowingStep final : public StepSize {
 public:
  Step choose(const Iterate& at, const Factors&, Objective&, Memory&) const override {
    if (at.iteration == 7) throw std::runtime_error("no step");
    return 0.3;
  }
};

class ThrowingOptimizer final : public DirectionOptimizer {
 public:
  void direction(const Iterate& at, Objective&, Memory&, Factors& towards) const override {
    if (at.iteration == 7) throw 7;
    towards = at.gradient;
    scale(towards, -1);
  }
};

class ThrowingObserver final : public Observer {
 public:
  std::vector<Column> columns() const override { return {{"nothing", "nothing", 0, true}}; }
  void observe(const Snapshot& seen, std::span<Real>) const override {
    if (seen.iterate.iteration == 7) throw std::out_of_range("nothing to see");
  }
};

/// Throws when its lane has come near enough to the data.
class ThrowingLoss final : public Loss {
 public:
  Real evaluate(Index first, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) sum += std::abs(z[i] - y[i]);
    if (sum < 0.5 * static_cast<Real>(z.size()) * 0.05) throw std::domain_error("too near");
    return HalfSquare().evaluate(first, z, y, slope);
  }
};

}  // namespace

TEST_CASE("a plugin that throws ends its own run with its name, and nobody else's") {
  const auto of = problem(2);
  const auto variant = [&](int i) {
    LaneSetup given = setup(of);
    given.optimizer_name = "optimizer 'a'";
    given.step_size_name = "step size 'b'";
    if (i == 1) given.step_size = std::make_shared<const ThrowingStep>();
    if (i == 2) given.optimizer = std::make_shared<const ThrowingOptimizer>();
    if (i == 3) given.watches.push_back({std::make_shared<const ThrowingObserver>(), {}, true, "observer 'c'"});
    if (i == 4)
      given.objective = std::make_shared<SensingObjective>(of, std::make_shared<const ThrowingLoss>(),
                                                           std::make_shared<const TwoFactors>(of->shape, 2),
                                                           SensingNames{"loss 'd'", ""});
    return given;
  };
  std::vector<std::unique_ptr<Lane>> lanes;
  for (int i = 0; i < 6; ++i) lanes.push_back(std::make_unique<Lane>(variant(i)));
  Engine().run(lanes);
  const std::vector<std::string> reasons = {
      "", "step size 'b' failed: no step (iteration 7)",
      "optimizer 'a' failed: it threw something that is no exception (iteration 7)",
      "observer 'c' failed: nothing to see (iteration 7)", "loss 'd' failed: too near"};
  for (std::size_t i = 1; i < 5; ++i) {
    REQUIRE(lanes[i]->end());
    CHECK(lanes[i]->end()->end_class == EndClass::failed);
    CHECK(lanes[i]->end()->reason.starts_with(reasons[i]));
  }
  // The pass in which a loss threw was made again for its company, and counts once.
  const auto alone = run(variant(0));
  for (const std::size_t i : {0U, 5U}) {
    CHECK(lanes[i]->trace().csv() == alone->trace().csv());
    CHECK(same_bits(lanes[i]->iterate().point, alone->iterate().point));
  }
}
