// Runs that are put down and taken up again: same bits as runs that were left alone.
#include "core/engine/encoding.hpp"

#include <doctest/doctest.h>

#include "tests/support/parts.hpp"

using namespace tightrope;
using namespace tightrope::parts;

namespace {

/// Remembers something of every type, and needs all of it to go the right way.
class Forgetful final : public DirectionOptimizer {
 public:
  void direction(const Iterate& at, Objective&, Memory& memory, Factors& towards) const override {
    Factors& velocity = memory.factors("velocity", at.point);
    Mat& sum = memory.matrix("sum", 1, 1);
    Real& shrink = memory.scalar("shrink", 1);
    Index& calls = memory.count("calls", 0);
    scale(velocity, 0.5);
    add_scaled(velocity, -shrink, at.gradient);
    sum(0, 0) += norm(velocity);
    shrink = 1 / (1 + 0.01 * sum(0, 0));
    if (++calls % 3 == 0) scale(velocity, 0.9);
    towards = velocity;
  }
  Index phases(const Space& model) const override { return model.blocks().size(); }
  Blocks blocks(Index phase) const override { return Blocks::only(phase); }
};

LaneSetup made(Index iterations, Index every = 7) {
  LaneSetup given = setup(problem());
  given.optimizer = std::make_shared<const Forgetful>();
  given.stop.iterations = iterations;
  given.watches[0].schedule = {every, false};
  return given;
}

struct Moment {
  std::string state;
  std::vector<std::vector<Real>> rows;
  std::vector<Real> row_seconds;
  Cost cost;
};
Moment keep(const Lane& lane) { return {lane.state(), lane.trace().rows, lane.trace().seconds, lane.cost()}; }

std::unique_ptr<Lane> taken_up(LaneSetup given, const Moment& kept) {
  std::vector<std::unique_ptr<Lane>> lanes;
  lanes.push_back(std::make_unique<Lane>(std::move(given)));
  lanes[0]->restore(kept.state, kept.rows, kept.row_seconds, kept.cost);
  Engine().run(lanes);
  return std::move(lanes[0]);
}

}  // namespace

TEST_CASE("a run taken up after any round ends in the same state as one that was left alone") {
  const auto whole = run(made(40));
  std::vector<Moment> moments;
  std::vector<std::unique_ptr<Lane>> lanes;
  lanes.push_back(std::make_unique<Lane>(made(40)));
  Engine([&](const auto& all) { moments.push_back(keep(*all[0])); }).run(lanes);
  REQUIRE(moments.size() > 80);  // two phases an iteration
  for (const Moment& moment : moments) {
    const auto resumed = taken_up(made(40), moment);
    CHECK(resumed->state() == whole->state());
    CHECK(resumed->trace().csv() == whole->trace().csv());
    CHECK(resumed->trace().seconds.size() == whole->trace().rows.size());
    CHECK(resumed->counters().passes() == whole->counters().passes());
    CHECK(resumed->seconds() >= moment.cost.seconds);
  }
}

TEST_CASE("a run that ended at a limit goes on under a longer one as if it had always been there") {
  for (const Index every : {1U, 7U, 1000U}) {
    const auto whole = run(made(40, every));
    for (const Index first : {0U, 1U, 14U, 39U}) {
      const auto resumed = taken_up(made(40, every), keep(*run(made(first, every))));
      CHECK(resumed->state() == whole->state());
      CHECK(resumed->trace().csv() == whole->trace().csv());
      CHECK(resumed->trace().seconds.size() == whole->trace().rows.size());
    }
  }
}

TEST_CASE("a run that ends in the middle of an iteration ends there too when it was taken up on the way") {
  class Stalling final : public StepSize {
   public:
    explicit Stalling(Real step) : step_(step) {}
    Step choose(const Iterate& at, const Factors&, Objective&, Memory&) const override {
      return at.iteration == 20 && at.phase == 1 ? step_ : 0.4;
    }

   private:
    Real step_;
  };
  for (const Real step : {0.0, 1e9}) {
    const auto given = [&](Index iterations) {
      LaneSetup setup = made(iterations);
      setup.step_size = std::make_shared<const Stalling>(step);
      return setup;
    };
    const auto whole = run(given(40));
    REQUIRE(whole->iterate().iteration == 20);
    std::vector<Moment> moments;
    std::vector<std::unique_ptr<Lane>> lanes;
    lanes.push_back(std::make_unique<Lane>(given(40)));
    Engine([&](const auto& all) { moments.push_back(keep(*all[0])); }).run(lanes);
    moments.push_back(keep(*run(given(20))));
    moments.push_back(keep(*run(given(13))));
    for (const Moment& moment : moments) {
      const auto resumed = taken_up(given(40), moment);
      CHECK_MESSAGE(resumed->state() == whole->state(), (&moment - moments.data()) << " of " << moments.size());
      CHECK(resumed->trace().csv() == whole->trace().csv());
      CHECK(same_bits(resumed->iterate().point, whole->iterate().point));
    }
  }
}

TEST_CASE("a run that has converged is over, whatever the limits") {
  LaneSetup given = made(2000);
  given.optimizer = std::make_shared<const Downhill>();
  given.stop.thresholds = {{"error", 1e-4}};
  const auto first = run(given);
  REQUIRE(first->end()->end_class == EndClass::converged);
  given = made(4000);
  given.optimizer = std::make_shared<const Downhill>();
  given.stop.thresholds = {{"error", 1e-4}};
  CHECK(taken_up(given, keep(*first))->state() == first->state());
}

TEST_CASE("a state that was cut short, lengthened or does not fit its trace is refused") {
  const Moment kept = keep(*run(made(5)));
  Lane lane(made(5));
  const auto refused = [&](std::string state, std::vector<std::vector<Real>> rows) {
    std::vector<Real> seconds(rows.size(), 0);
    CHECK_THROWS_AS(lane.restore(state, std::move(rows), std::move(seconds), {}), tightrope::Error);
  };
  for (std::size_t size = 0; size < kept.state.size(); size += 13) refused(kept.state.substr(0, size), kept.rows);
  refused(kept.state + "x", kept.rows);
  refused(kept.state, {{1, 2}});
}
