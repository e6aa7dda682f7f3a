// What plugins hand back in a wrong shape ends their run, with the plugin, the block, what was expected and what came.
#include <doctest/doctest.h>

#include "core/engine/objectives/checked_model.hpp"
#include "tests/support/parts.hpp"

using namespace tightrope;
using namespace tightrope::parts;

namespace {

/// Does one thing wrong, from iteration 3 on.
class WrongOptimizer final : public DirectionOptimizer {
 public:
  explicit WrongOptimizer(std::string mistake) : mistake_(std::move(mistake)) {}
  void direction(const Iterate& at, Objective& objective, Memory&, Factors& towards) const override {
    towards = at.gradient;
    scale(towards, -1);
    if (at.iteration < 3) return;
    if (mistake_ == "one block") towards.blocks.resize(1);
    if (mistake_ == "three blocks") towards.blocks.emplace_back(1, 1);
    if (mistake_ == "transposed") towards[0] = towards[0].t();
    if (mistake_ == "empty") towards[1].reset();
    if (mistake_ == "preconditioned") {
      Factors half = at.gradient;
      half.blocks.resize(1);
      objective.space().precondition(at.point, 0, half, towards);
    }
  }
  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    Move move = DirectionOptimizer::advance(at, context, next);
    if (at.iteration < 3) return move;
    if (mistake_ == "next") next[1].resize(8, 2);
    if (mistake_ == "negative") move.step = -1;
    return move;
  }
  bool estimate(const Iterate& at, const Memory&, LowRank& X) const override {
    X = {at.X.right, at.X.left};
    return mistake_ == "estimate" && at.iteration >= 3;
  }

 private:
  std::string mistake_;
};

class WrongModel final : public FactorizationModel {
 public:
  WrongModel(Shape shape, std::string mistake) : right_(shape, 2), mistake_(std::move(mistake)) {}
  std::vector<Block> blocks() const override { return right_.blocks(); }
  Index rank() const override { return 2; }
  void expand(const Factors& point, LowRank& X) const override {
    right_.expand(point, X);
    if (mistake_ == "expand") X.right = X.right.t();
  }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    right_.pull_back(point, gradient_of_X, wanted, gradient);
    if (mistake_ == "pull_back") gradient.blocks.resize(1);
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    right_.push_forward(point, direction, dX);
  }
  Factors from_svd(const Svd& parts) const override { return right_.from_svd(parts); }
  Real add_penalty(const Factors&, Blocks, Factors* gradient) const override {
    if (gradient && mistake_ == "add_penalty") (*gradient)[0].resize(1, 1);
    return 0;
  }
  void retract(const Factors& point, Real step, const Factors& direction, Factors& next) const override {
    FactorizationModel::retract(point, step, direction, next);
    if (mistake_ == "retract") next[0] = next[0].t();
  }

 private:
  TwoFactors right_;
  std::string mistake_;
};

class WrongStep final : public StepSize {
 public:
  explicit WrongStep(Real step) : step_(step) {}
  Step choose(const Iterate& at, const Factors&, Objective& objective, Memory&) const override {
    if (at.iteration < 3) return 0.4;
    if (step_ == 7) {
      Factors trial = at.point;
      trial.blocks.resize(1);
      objective.value(trial);
    }
    return step_;
  }

 private:
  Real step_;
};

class WrongObserver final : public Observer {
 public:
  explicit WrongObserver(Index written) : written_(written) {}
  std::vector<Column> columns() const override { return {{"a", "a", 0, true}, {"b", "b", 0, true}}; }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    // Every second time it forgets what is beyond the first.
    for (Index i = 0; i < written_; ++i)
      if (i == 0 || seen.iterate.iteration % 2 == 0) values.data()[i] = static_cast<Real>(i);
  }

 private:
  Index written_;
};

/// Predictions or gradients of other sizes than asked for.
class WrongOperator final : public MeasurementOperator {
 public:
  WrongOperator(const MeasurementOperator& of, std::string mistake)
      : MeasurementOperator(of.shape(), of.measurements()), right_(of), mistake_(std::move(mistake)) {}

 private:
  void do_forward(const Mat& X, Vec& z) const override {
    right_.forward(X, z);
    if (mistake_ == "forward") z.resize(z.n_elem + 1);
  }
  void do_adjoint(const Vec& z, Mat& G) const override {
    right_.adjoint(z, G);
    if (mistake_ == "adjoint") arma::inplace_trans(G);
  }
  void do_evaluate(std::span<Evaluation> lanes, Rows) const override {
    right_.evaluate(lanes);
    for (Evaluation& lane : lanes) {
      if (mistake_ == "prediction") lane.prediction->resize(1);
      if (mistake_ == "gradient" && lane.gradient) lane.gradient->left.resize(3, 3);
    }
  }
  Plain right_;
  std::string mistake_;
};

std::string reason_of(LaneSetup given) {
  given.optimizer_name = "optimizer 'o'";
  given.step_size_name = "step size 's'";
  given.start_name = "initialization 'i'";
  for (ScheduledObserver& watch : given.watches) watch.name = "observer 'w'";
  const auto lane = run(std::move(given));
  REQUIRE(lane->end());
  CHECK(lane->end()->end_class == EndClass::failed);
  return lane->end()->reason;
}

}  // namespace

TEST_CASE("an optimizer whose direction, next point or estimate has a wrong shape fails with what is wrong") {
  const auto of = problem();
  const auto reason = [&](const char* mistake) {
    LaneSetup given = setup(of);
    given.optimizer = std::make_shared<const WrongOptimizer>(mistake);
    return reason_of(given);
  };
  const std::string said = "optimizer 'o' failed: ", when = " (iteration 3)";
  CHECK(reason("one block") ==
        said + "its direction does not fit the model: it has 1 block instead of 2 (V, W)" + when);
  CHECK(reason("three blocks") ==
        said + "its direction does not fit the model: it has 3 blocks instead of 2 (V, W)" + when);
  CHECK(reason("transposed") ==
        said + "its direction does not fit the model: block V is 2 × 12 instead of 12 × 2" + when);
  CHECK(reason("empty") == said + "its direction does not fit the model: block W is 0 × 0 instead of 9 × 2" + when);
  CHECK(reason("preconditioned") ==
        said + "the vector does not fit the model: it has 1 block instead of 2 (V, W)" + when);
  CHECK(reason("next") == said + "its next point does not fit the model: block W is 8 × 2 instead of 9 × 2" + when);
  CHECK(reason("negative") == said + "it says that it took a step of size -1" + when);
  CHECK(reason("estimate") ==
        said + "its estimate is the pair of a 9 × 2 and a 12 × 2 matrix instead of 12 × j and 9 × j" + when);
}

TEST_CASE("a model whose answers do not fit its blocks fails, and not the optimizer that asks it") {
  const auto of = problem();
  const auto reason = [&](const char* mistake) {
    LaneSetup given = setup(of);
    given.objective = std::make_shared<SensingObjective>(of, std::make_shared<const HalfSquare>(),
                                                         std::make_shared<const WrongModel>(of->shape, mistake),
                                                         SensingNames{"operator 'a' or loss 'l'", "model 'm'"});
    return reason_of(given);
  };
  const std::string said = "model 'm' failed: ", when = " (iteration 0)";
  CHECK(reason("expand") ==
        said + "X of expand is the pair of a 12 × 2 and a 2 × 9 matrix instead of 12 × j and 9 × j" + when);
  CHECK(reason("pull_back") ==
        said + "the gradient of pull_back does not fit its blocks: it has 1 block instead of 2 (V, W)" + when);
  CHECK(reason("add_penalty") ==
        said + "the gradient of add_penalty does not fit its blocks: block V is 1 × 1 instead of 12 × 2" + when);
  CHECK(reason("retract") ==
        said + "the point of retract does not fit its blocks: block V is 2 × 12 instead of 12 × 2" + when);
}

TEST_CASE("a step size that is negative, infinite or no number fails, as does one whose trial has a wrong shape") {
  const auto reason = [&](Real step) {
    LaneSetup given = setup(problem());
    given.step_size = std::make_shared<const WrongStep>(step);
    return reason_of(given);
  };
  const std::string said = "step size 's' failed: ", rule = ", but a step size is a finite number of at least 0";
  CHECK(reason(-0.5) == said + "it chose -0.5" + rule + " (iteration 3)");
  CHECK(reason(arma::datum::inf) == said + "it chose inf" + rule + " (iteration 3)");
  CHECK(reason(arma::datum::nan) == said + "it chose nan" + rule + " (iteration 3)");
  CHECK(reason(7) == said + "the point does not fit the model: it has 1 block instead of 2 (V, W) (iteration 3)");
}

TEST_CASE("an observer that writes more than it announces fails, and what it does not write is not defined") {
  LaneSetup given = setup(problem());
  given.watches.push_back({std::make_shared<const WrongObserver>(3), {}, true});
  CHECK(reason_of(given) == "observer 'w' failed: it announces 2 columns and writes more values (iteration 0)");
  for (const Index written : {1U, 2U}) {
    given.watches.back() = {std::make_shared<const WrongObserver>(written), {}, true};
    const auto lane = run(given);
    const Index second = lane->trace().columns.size() - 1;
    for (const auto& row : lane->trace().rows) {
      CHECK(row[second - 1] == 0);
      CHECK((row[second] == 1) == (written == 2 && static_cast<Index>(row[0]) % 2 == 0));
      CHECK(std::isnan(row[second]) == (row[second] != 1));
    }
  }
}

TEST_CASE("an operator whose answers have other sizes than asked for fails") {
  const auto of = problem();
  const auto reason = [&](const char* mistake, bool fused) {
    auto wrong = std::make_shared<SensingProblem>(*of);
    wrong->op = std::make_shared<const WrongOperator>(*of->op, mistake);
    LaneSetup given = setup(wrong);
    given.objective = std::make_shared<SensingObjective>(wrong, std::make_shared<const HalfSquare>(fused),
                                                         std::make_shared<const TwoFactors>(of->shape, 2),
                                                         SensingNames{"operator 'a' or loss 'l'", "model 'm'"});
    return reason_of(given);
  };
  const std::string said = "operator 'a' or loss 'l' failed: the operator gave ", when = " (iteration 0)";
  CHECK(reason("forward", false) == said + "A(X) as 201 × 1 instead of 200 × 1" + when);
  CHECK(reason("adjoint", false) == said + "A*(z) as 9 × 12 instead of 12 × 9" + when);
  CHECK(reason("prediction", true) == said + "A(X) as 1 × 1 instead of 200 × 1" + when);
  CHECK(reason("gradient", true) == said + "A*(z) R as 3 × 3 instead of 12 × 2" + when);
}

TEST_CASE("a start of a wrong shape fails its own run, before it begins") {
  LaneSetup given = setup(problem());
  given.start[1] = given.start[1].t();
  CHECK(reason_of(given) ==
        "initialization 'i' failed: its start does not fit the model: block W is 2 × 9 instead of 9 × 2");
}

TEST_CASE("a model without a metric of its own says so, and its metric cannot be used") {
  const WrongModel without({12, 9}, "");
  CHECK_FALSE(without.has_metric());
  CHECK(TwoFactors({12, 9}, 2).has_metric());
  const auto checked = CheckedModel::of(std::make_shared<const WrongModel>(Shape{12, 9}, ""), {12, 9}, "model 'm'");
  CHECK_FALSE(checked->has_metric());
  const Factors point = zeros(without.blocks());
  Factors direction;
  CHECK_THROWS_AS(checked->precondition(point, 1, point, direction), NoMetric);
  Context given = context({12, 9});
  CHECK_THROWS_AS(given.space_with_metric(), Unsuitable);
  given.known_space = &without;
  CHECK_THROWS_AS(given.space_with_metric(), NoMetric);
  const TwoFactors with({12, 9}, 2);
  given.known_space = &with;
  CHECK(&given.space_with_metric() == &with);
}
