// What an iteration is: its phases, its time and its step, projections, which iterate is kept, and what a run that is
// taken up again knows.
#include <doctest/doctest.h>

#include <optional>

#include "tests/support/parts.hpp"

using namespace tightrope;
using namespace tightrope::parts;

namespace {

constexpr Real half = 0.1;  // of a step

/// Gradient and value by themselves, in an objective of their own.
Iterate evaluated(const Factors& point) {
  const auto of = problem();
  SensingObjective objective(of, std::make_shared<const HalfSquare>(),
                             std::make_shared<const TwoFactors>(of->shape, 2));
  Iterate at;
  at.point = point;
  objective.evaluate(at, Blocks::all());
  return at;
}

/// p − step·∇f(where)
Factors moved(const Factors& point, Real step, const Factors& where) {
  Factors next = point;
  add_scaled(next, -step, evaluated(where).gradient);
  return next;
}

/// The rule of the midpoint: q = p − ½h ∇f(p), p⁺ = p − h ∇f(q).
class Midpoint final : public Optimizer {
 public:
  explicit Midpoint(std::optional<Real> time = {}) : time_(time) {}
  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    Factors& begin = context.memory.factors("begin", at.point);
    if (at.phase == 0) begin = at.point;
    Move move;
    move.step = at.phase == 0 ? half : 2 * half;
    move.completes_iteration = at.phase == 1;
    if (move.completes_iteration) move.time = time_;
    next = begin;
    add_scaled(next, -move.step, at.gradient);
    return move;
  }
  Index phases(const Space&) const override { return 2; }

 private:
  std::optional<Real> time_;
};

/// Gradient descent that asks about its point before it takes it, and needs no second evaluation then.
class Evaluating final : public Optimizer {
 public:
  Move advance(const Iterate& at, StepContext&, Factors& next) const override {
    Move move;
    move.step = 2 * half;
    if (at.phase == 1) {
      move.evaluate = false;
      next = Factors();  // is not read
      return move;
    }
    move.completes_iteration = false;
    next = at.point;
    add_scaled(next, -move.step, at.gradient);
    return move;
  }
  Index phases(const Space&) const override { return 2; }
};

/// Steps of 1, ½, ⅓, …, times 0.3, with their reciprocals in a column and a mark at every third iterate.
class Shrinking final : public Optimizer {
 public:
  Move advance(const Iterate& at, StepContext&, Factors& next) const override {
    Move move;
    const auto number = static_cast<Real>(at.iteration + 1);
    move.step = 0.3 / number;
    move.columns = {number};
    if ((at.iteration + 1) % 3 == 0) move.mark = "third";
    next = at.point;
    add_scaled(next, -move.step, at.gradient);
    return move;
  }
  std::vector<Column> columns() const override { return {{"number", "of the step", 0, false}}; }
};

/// Gradient descent that first tries a step beyond all numbers, and goes back or takes it.
class Daring final : public Optimizer {
 public:
  Daring(Index phases, bool takes_it) : phases_(phases), takes_it_(takes_it) {}
  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    Factors &begin = context.memory.factors("begin", at.point),
            &gradient = context.memory.factors("gradient", at.point);
    Move move;
    move.step = 2 * half;
    move.completes_iteration = at.phase == 1;
    move.evaluate = !(takes_it_ && at.phase == 1);
    if (at.phase == 0) {
      begin = at.point;
      gradient = at.gradient;
    }
    next = begin;
    add_scaled(next, at.phase == 0 ? -1e200 : -move.step, gradient);
    return move;
  }
  Index phases(const Space&) const override { return phases_; }

 private:
  Index phases_;
  bool takes_it_;
};

/// Block by block, downhill in the first and uphill in the second, where it needs what it has remembered in the first.
class ThereAndBack final : public DirectionOptimizer {
 public:
  explicit ThereAndBack(std::shared_ptr<std::vector<Index>> remembered) : remembered_(std::move(remembered)) {}
  void direction(const Iterate& at, Objective&, Memory& memory, Factors& towards) const override {
    Index& calls = memory.count("calls", 0);
    if (at.phase == 1) remembered_->push_back(calls);
    ++calls;
    towards = at.gradient;
    scale(towards, at.phase == 0 ? -1 : 0.1);
  }
  Index phases(const Space&) const override { return 2; }
  Blocks blocks(Index phase) const override { return Blocks::only(phase); }

 private:
  std::shared_ptr<std::vector<Index>> remembered_;
};

/// A fixed step that wants to go downhill.
class FixedDownhill final : public StepSize {
 public:
  Step choose(const Iterate&, const Factors&, Objective&, Memory&) const override { return 0.1; }
  bool needs_descent() const override { return true; }
};

/// Entries of at most `most`.
class Clamp final : public Projection {
 public:
  explicit Clamp(Real most) : most_(most) {}
  void project(Factors& point) const override {
    for (Mat& block : point.blocks) block.clamp(-most_, most_);
  }

 private:
  Real most_;
};

Factors clamped(Factors point, Real most) {
  Clamp(most).project(point);
  return point;
}

/// A column that is given.
class Course final : public Observer {
 public:
  explicit Course(std::vector<Real> values) : values_(std::move(values)) {}
  std::vector<Column> columns() const override { return {{"course", "a given course", 0, false}}; }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = values_.at(seen.iterate.iteration);
  }

 private:
  std::vector<Real> values_;
};

LaneSetup made(std::shared_ptr<const Optimizer> optimizer, Index iterations) {
  LaneSetup given = setup(problem());
  given.optimizer = std::move(optimizer);
  given.step_size = nullptr;
  given.stop.iterations = iterations;
  return given;
}

std::vector<Real> column(const Lane& lane, const char* name) {
  return lane.trace().column(lane.trace().find(name).value());
}

}  // namespace

TEST_CASE("phases are evaluations of one iteration: its time and its step are those of the whole of it") {
  const auto lane = run(made(std::make_shared<const Midpoint>(), 5));
  Factors point = setup(problem()).start;
  for (int t = 0; t < 5; ++t) point = moved(point, 2 * half, moved(point, half, point));
  CHECK(same_bits(lane->iterate().point, point));
  CHECK(lane->counters().fused == 11);
  const auto time = column(*lane, "time"), step = column(*lane, "step"), passes = column(*lane, "passes");
  REQUIRE(time.size() == 6);
  CHECK(std::isnan(step[0]));
  for (std::size_t t = 0; t < 6; ++t) {
    CHECK(time[t] == doctest::Approx(2 * half * static_cast<Real>(t)).epsilon(1e-14));
    CHECK(passes[t] == static_cast<Real>(1 + 2 * t));
    if (t > 0) CHECK(step[t] == 2 * half);
  }
  // Time is what the method says, if it says something.
  const auto slow = run(made(std::make_shared<const Midpoint>(0.75), 4));
  CHECK(column(*slow, "time").back() == 3);
  CHECK(column(*slow, "step").back() == 2 * half);
}

TEST_CASE("the row of an iterate has the step, the columns and the mark of the move that led there") {
  const auto lane = run(made(std::make_shared<const Shrinking>(), 7));
  const auto step = column(*lane, "step"), number = column(*lane, "number"), time = column(*lane, "time");
  CHECK(std::isnan(step[0]));
  CHECK(std::isnan(number[0]));
  CHECK(time[0] == 0);
  for (std::size_t t = 1; t < 8; ++t) {
    CHECK(number[t] == static_cast<Real>(t));
    CHECK(step[t] == 0.3 / static_cast<Real>(t));
    CHECK(time[t] - time[t - 1] == doctest::Approx(step[t]).epsilon(1e-12));
  }
  CHECK(lane->trace().marks == std::vector<TraceMark>{{3, "third"}, {6, "third"}});
}

TEST_CASE("a point that was evaluated in the middle of an iteration becomes the iterate without another evaluation") {
  LaneSetup plain = setup(problem(), 2, 2 * half);
  plain.stop.iterations = 9;
  const auto asking = run(made(std::make_shared<const Evaluating>(), 9)), descent = run(std::move(plain));
  CHECK(asking->trace().csv() == descent->trace().csv());
  CHECK(same_bits(asking->iterate().point, descent->iterate().point));
  CHECK(same_bits(asking->iterate().gradient, descent->iterate().gradient));
  CHECK(asking->counters().fused == 10);
  CHECK(asking->counters().passes() == 10);
}

TEST_CASE("a point that was evaluated is evaluated again for the measurements of another batch") {
  const auto made_of = [](bool asks) {
    LaneSetup given = asks ? made(std::make_shared<const Evaluating>(), 9) : setup(problem(), 2, 2 * half);
    given.stop.iterations = 9;
    SensingExtras extras;
    extras.batches.emplace(200, BatchRule{60, BatchRule::Order::in_turn}, Stream(1, "batch"));
    given.objective = std::make_shared<SensingObjective>(given.problem, std::make_shared<const HalfSquare>(),
                                                         std::make_shared<const TwoFactors>(given.problem->shape, 2),
                                                         SensingNames{}, std::move(extras));
    return given;
  };
  const auto asking = run(made_of(true)), descent = run(made_of(false));
  CHECK(same_bits(asking->iterate().point, descent->iterate().point));
  CHECK(column(*asking, "objective") == column(*descent, "objective"));
  CHECK(asking->counters().fused == 19);
}

TEST_CASE("in the middle of an iteration nothing is forgotten, wherever the direction points") {
  const auto remembered = std::make_shared<std::vector<Index>>();
  LaneSetup given = made(std::make_shared<const ThereAndBack>(remembered), 4);
  given.step_size = std::make_shared<const FixedDownhill>();
  run(std::move(given));
  CHECK(*remembered == std::vector<Index>{1, 3, 5, 7});
}

TEST_CASE("a projection is applied to the point that completes an iteration, and to no other") {
  constexpr Real most = 0.12;
  LaneSetup given = made(std::make_shared<const Midpoint>(), 5);
  given.projection = std::make_shared<const Clamp>(most);
  const auto lane = run(given);
  Factors point = given.start;
  bool is_felt = false;
  for (int t = 0; t < 5; ++t) {
    const Factors middle = moved(point, half, point), whole = moved(point, 2 * half, middle);
    point = clamped(whole, most);
    is_felt = is_felt || (!same_bits(point, whole) && !same_bits(middle, clamped(middle, most)));
  }
  CHECK(is_felt);
  CHECK(same_bits(lane->iterate().point, point));
  // The start stays as it is, and a point that need not be evaluated again is another one when it is projected.
  given = made(std::make_shared<const Evaluating>(), 5);
  given.projection = std::make_shared<const Clamp>(most);
  const auto asking = run(given);
  CHECK(asking->counters().fused == 11);
  point = given.start;
  for (int t = 0; t < 5; ++t) point = clamped(moved(point, 2 * half, point), most);
  CHECK(same_bits(asking->iterate().point, point));
  CHECK(asking->iterate().value == evaluated(point).value);
}

TEST_CASE("what an objective says of a step along a direction is the projected point, if an iteration has one phase") {
  for (const bool one_phase : {true, false}) {
    LaneSetup given = one_phase ? setup(problem()) : made(std::make_shared<const Midpoint>(), 1);
    const Factors direction = evaluated(given.start).gradient, plain = moved(given.start, 1, given.start);
    CHECK_FALSE(same_bits(plain, clamped(plain, 0.1)));
    Factors next;
    given.objective->retract(given.start, -1, direction, next);
    CHECK(same_bits(next, plain));
    given.projection = std::make_shared<const Clamp>(0.1);
    const Lane lane(given);
    given.objective->retract(given.start, -1, direction, next);
    CHECK(same_bits(next, one_phase ? clamped(plain, 0.1) : plain));
  }
}

TEST_CASE("trial points of a method without a fixed number of phases end no run, unless they are taken") {
  LaneSetup plain = setup(problem(), 2, 2 * half);
  plain.stop.iterations = 4;
  const auto descent = run(std::move(plain)), trying = run(made(std::make_shared<const Daring>(0, false), 4)),
             counting = run(made(std::make_shared<const Daring>(2, false), 4)),
             taking = run(made(std::make_shared<const Daring>(0, true), 4));
  CHECK(trying->end()->end_class == EndClass::limit);
  CHECK(same_bits(trying->iterate().point, descent->iterate().point));
  CHECK(trying->counters().fused == 9);
  for (const Lane* lane : {counting.get(), taking.get()}) {
    CHECK(lane->end()->end_class == EndClass::diverged);
    CHECK(lane->end()->iteration == 1);
    CHECK(lane->iterate().iteration == 0);
    CHECK(same_bits(lane->iterate().point, descent->setup().start));
  }
}

TEST_CASE("of recorded iterates the first of the smallest is kept, and none that only the end of the run shows") {
  const std::vector<Real> course = {5, 3, 2, std::nan(""), 2, 1, 7, 1, 0};
  const auto kept_at = [&](Index iterations, Index every) -> std::optional<Real> {
    LaneSetup given = setup(problem());
    given.watches = {{std::make_shared<const Course>(course), {every, false}, true}};
    given.stop.iterations = iterations;
    given.keep = KeepRule{"course"};
    const auto lane = run(given);
    if (!lane->kept()) return std::nullopt;
    // Point and row are of the same iterate.
    const auto iteration = static_cast<Index>(lane->kept()->row[0]);
    LaneSetup until = setup(problem());
    until.stop.iterations = iteration;
    const auto same = run(std::move(until));
    CHECK(same_bits(lane->kept()->point, same->iterate().point));
    CHECK(lane->kept()->row[2] == same->iterate().value);
    return lane->kept()->row[0];
  };
  CHECK(kept_at(1, 1) == 1);
  CHECK(kept_at(4, 1) == 2);  // of two equal ones the first; nothing is smaller than NaN
  CHECK(kept_at(7, 1) == 5);
  CHECK(kept_at(8, 1) == 8);
  CHECK(kept_at(8, 3) == 0);  // iterates 0, 3 and 6, and 8 because the run ends there
  CHECK(kept_at(5, 2) == 2);
}

TEST_CASE("a run that is taken up knows value, gradient and predictions to the last bit, and of no block more") {
  for (const bool by_block : {false, true}) {
    const auto given = [&] {
      LaneSetup setup = parts::setup(problem());
      setup.optimizer = std::make_shared<const Downhill>(by_block);
      setup.stop.iterations = 6;
      return setup;
    };
    std::vector<std::unique_ptr<Lane>> lanes;
    lanes.push_back(std::make_unique<Lane>(given()));
    Engine([&](const auto& all) {
      const Lane& lane = *all[0];
      Lane again(given());
      again.restore(lane.state(), lane.trace().rows, lane.trace().seconds, lane.cost());
      CHECK(again.state() == lane.state());
      const Iterate &one = lane.iterate(), &other = again.iterate();
      CHECK(same_bits(one.point, other.point));
      CHECK(one.value == other.value);
      CHECK(same_bits(one.gradient, other.gradient));
      CHECK(one.known.bits() == other.known.bits());
      CHECK(same_bits(one.X.left, other.X.left));
      CHECK(same_bits(one.prediction, other.prediction));
      CHECK(again.counters().fused == lane.counters().fused);
      CHECK(again.counters().passes() == lane.counters().passes());
    }).run(lanes);
    CHECK(lanes[0]->iterate().iteration == 6);
  }
}
