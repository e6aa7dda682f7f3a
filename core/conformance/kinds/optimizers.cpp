// Optimizers: sound moves, descent, and no memory but Memory.
#include <chrono>

#include "core/conformance/process/allocations.hpp"
#include "core/conformance/trial.hpp"

namespace tightrope::conformance {

namespace {

/// Asks two objects in turn, phase by phase, and writes down what comes.
class Relay final : public Optimizer {
 public:
  struct Log {
    Index evaluations = 0;             // since the last complete iterate
    std::vector<Index> of_iterations;  // evaluations of each
    bool wrote = false;                // into the iterate that it was shown
  };
  Relay(std::shared_ptr<const Optimizer> first, std::shared_ptr<const Optimizer> second, std::shared_ptr<Log> log)
      : first_(std::move(first)), second_(std::move(second)), log_(std::move(log)) {}
  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    const Factors point = at.point, gradient = at.gradient;
    Move move = ((at.iteration + at.phase) % 2 ? *second_ : *first_).advance(at, context, next);
    log_->wrote = log_->wrote || !parts::same_bits(point, at.point) || !parts::same_bits(gradient, at.gradient);
    if (move.end || move.step == 0) return move;
    if (move.evaluate) ++log_->evaluations;
    if (move.completes_iteration) log_->of_iterations.push_back(std::exchange(log_->evaluations, 0));
    return move;
  }
  Index phases(const Space& space) const override { return first_->phases(space); }
  std::vector<Column> columns() const override { return first_->columns(); }
  bool estimate(const Iterate& at, const Memory& memory, LowRank& X) const override {
    return (at.iteration % 2 ? *second_ : *first_).estimate(at, memory, X);
  }

 private:
  std::shared_ptr<const Optimizer> first_, second_;
  std::shared_ptr<Log> log_;
};

LaneSetup lane_with(const Bench& bench, std::shared_ptr<const Optimizer> optimizer) {
  LaneSetup given = bench.lane();
  given.optimizer = std::move(optimizer);
  if (!bench.maker->takes_step_size()) given.step_size = nullptr;
  return given;
}

/// Counts what a method allocates once it is at work, and how long it takes.
class Meter final : public Optimizer {
 public:
  struct Log {
    Index calls = 0;
    Real seconds = 0, allocations = 0, bytes = 0;
  };
  Meter(std::shared_ptr<const Optimizer> of, std::shared_ptr<Log> log) : of_(std::move(of)), log_(std::move(log)) {}
  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    const auto start = std::chrono::steady_clock::now();
    const auto before = allocations_so_far();
    Move move = of_->advance(at, context, next);
    const auto after = allocations_so_far();
    if (at.iteration < 8) return move;
    ++log_->calls;
    log_->seconds += std::chrono::duration<Real>(std::chrono::steady_clock::now() - start).count();
    if (!before) return move;
    log_->allocations += static_cast<Real>(after->count - before->count);
    log_->bytes += static_cast<Real>(after->bytes - before->bytes);
    return move;
  }
  Index phases(const Space& space) const override { return of_->phases(space); }
  std::vector<Column> columns() const override { return of_->columns(); }

 private:
  std::shared_ptr<const Optimizer> of_;
  std::shared_ptr<Log> log_;
};

void check_direction(const Subject& subject, Report& report) {
  const auto [bench, optimizer] = made<Optimizer>(subject);
  const auto* directed = dynamic_cast<const DirectionOptimizer*>(optimizer.get());
  if (!directed) return;
  const LaneSetup given = bench->lane();
  Iterate at;
  at.point = given.start;
  given.objective->evaluate(at, Blocks::all());
  Memory memory, other_memory;
  Factors direction;
  directed->direction(at, *given.objective, memory, direction);
  const std::string wrong = wrong_shapes(direction, bench->model->blocks());
  report.require(wrong.empty(), "the direction does not fit the model: {}", wrong);
  report.expect(is_finite(direction), "the direction is not finite");
  at.gradient = zeros(bench->model->blocks());
  directed->direction(at, *given.objective, other_memory, direction);
  report.expect(norm(direction) == 0, "at a gradient of zero the direction has the norm {:g}", norm(direction));
}

void check_rest(const Subject& subject, Report& report) {
  const auto bench = made<Optimizer>(subject).bench;
  bench->explain_start();
  LaneSetup given = lane_with(*bench, bench->make<Optimizer>());
  given.stop.iterations = 3;
  const Factors start = given.start;
  const auto lane = parts::run(std::move(given));
  require_sound_end(*lane, report);
  Factors moved = lane->iterate().point;
  add_scaled(moved, -1, start);
  report.expect(norm(moved) <= 1e-10 * norm(start),
                "at a minimum, where f and its gradient are zero, it moves by {:g} times the norm of the point",
                norm(moved) / norm(start));
}

void check_run(const Subject& subject, Report& report) {
  const auto [bench, optimizer] = made<Optimizer>(subject);
  const auto log = std::make_shared<Relay::Log>();
  const auto lane = parts::run(lane_with(*bench, std::make_shared<const Relay>(optimizer, optimizer, log)));
  require_sound_end(*lane, report);
  report.require(lane->iterate().iteration > 0, "it ended at once: {}", lane->end()->reason);
  const Real first = lane->trace().rows.front()[2], last = lane->iterate().value;
  report.measure(fmt::format("objective after {} iterations, of its start", lane->iterate().iteration), last / first,
                 "below 1");
  report.expect(last < first, "{} iterations do not make the objective smaller: it goes from {:g} to {:g}",
                lane->iterate().iteration, first, last);
  report.expect(!log->wrote, "it writes into the point or the gradient that it is shown");
  const Index phases = optimizer->phases(*bench->model);
  for (const Index evaluations : log->of_iterations)
    report.expect(phases == 0 || evaluations == phases, "phases() says {}, but an iteration had {} evaluations", phases,
                  evaluations);
  check_columns(optimizer->columns(), lane->trace(), report);
}

void check_resumption(const Subject& subject, Report& report) {
  const auto [bench, optimizer] = made<Optimizer>(subject);
  const auto whole = parts::run(lane_with(*bench, optimizer));
  const auto relay = std::make_shared<const Relay>(optimizer, bench->make<Optimizer>(), std::make_shared<Relay::Log>());
  require_same_bits(*parts::run(lane_with(*bench, relay)), *whole, report,
                    "another object goes on in another way: not all that the method remembers is in its Memory");
}

void check_company(const Subject& subject, Report& report) {
  const auto [bench, optimizer] = made<Optimizer>(subject);
  const auto another = bench->make<Optimizer>();
  const auto starting_at = [&, &given = *bench, &one = optimizer](std::uint64_t seed) {
    LaneSetup setup = lane_with(given, seed == 13 ? another : one);
    setup.start = random_point(seed, given.model->blocks());
    scale(setup.start, 0.1);
    return setup;
  };
  std::vector<LaneSetup> three;
  three.push_back(starting_at(11));
  three.push_back(starting_at(12));
  three.push_back(starting_at(13));
  three.push_back(bench->lane());
  const auto lanes = parts::run_together(std::move(three));
  for (const std::size_t i : {0U, 1U, 2U})
    require_same_bits(*lanes[i], *parts::run(starting_at(11 + i)), report,
                      "beside other runs of the same method a run has other bits than alone: runs share something that "
                      "is not in their Memory (a static variable or a member)");
}

void check_other_problem(const Subject& subject, Report& report) {
  const auto it = made_for_regression<Optimizer>(subject);
  if (!it) return;
  LaneSetup given = lane_on_regression(*it->bench);
  given.optimizer = it->plugin;
  if (it->bench->maker->takes_step_size()) given.step_size = std::make_shared<const parts::Fixed>(0.2);
  given.stop.iterations = 25;
  const auto lane = parts::run(std::move(given));
  require_sound_end(*lane, report);
  report.expect(lane->iterate().value < lane->trace().rows.front()[2],
                "on a problem that is not sensing, {} iterations do not make the objective smaller",
                lane->iterate().iteration);
}

void check_repetition(const Subject& subject, Report& report) {
  check_same_run_again<Optimizer>(subject, report, lane_with);
}

void check_zero_steps(const Subject& subject, Report& report) {
  const auto [bench, optimizer] = made<Optimizer>(subject);
  LaneSetup given = lane_with(*bench, optimizer);
  given.stop.iterations = 0;
  const Factors start = given.start;
  const auto lane = parts::run(std::move(given));
  require_sound_end(*lane, report);
  report.expect(parts::same_bits(lane->iterate().point, start) && lane->iterate().iteration == 0,
                "a run of no iterations does not end at its start");
}

void check_restore(const Subject& subject, Report& report) {
  const auto [bench, optimizer] = made<Optimizer>(subject);
  const auto whole = parts::run(lane_with(*bench, optimizer));
  LaneSetup half = lane_with(*bench, optimizer);
  half.stop.iterations = whole->iterate().iteration / 2;
  const auto saved = parts::run(std::move(half));
  std::vector<std::unique_ptr<Lane>> resumed;
  resumed.push_back(std::make_unique<Lane>(lane_with(*bench, bench->make<Optimizer>())));
  resumed.front()->restore(saved->state(), saved->trace().rows, saved->trace().seconds, saved->cost());
  Engine().run(resumed);
  require_same_bits(
      *resumed.front(), *whole, report,
      "a run that is saved in the middle and restored with a new object ends with other bits: not all that "
      "the method remembers is in its Memory");
}

void check_edges(const Subject& subject, Report& report) {
  at_edges(subject, report, [&](const Subject& there, Shape shape) {
    const auto [bench, optimizer] = made_for<Optimizer>(there, shape);
    LaneSetup given = lane_with(*bench, optimizer);
    given.stop.iterations = 5;
    const auto lane = parts::run(std::move(given));
    report.expect(lane->end()->end_class != EndClass::failed, "{}", lane->end()->reason);
    report.expect(is_finite(lane->iterate().point), "the point after {} iterations is not finite",
                  lane->iterate().iteration);
  });
}

void check_allocations(const Subject& subject, Report& report) {
  const auto [bench, optimizer] = made<Optimizer>(subject);
  const auto log = std::make_shared<Meter::Log>();
  parts::run(lane_with(*bench, std::make_shared<const Meter>(optimizer, log)));
  if (log->calls == 0) return;
  const Real calls = static_cast<Real>(log->calls);
  report.measure("microseconds in a call of advance", log->seconds / calls * 1e6);
  if (!allocations_so_far()) return;
  report.measure("allocations in a call of advance", log->allocations / calls);
  if (log->allocations >= calls / 2 && !report.may_allocate())
    report.remark(fmt::format("advance allocates memory at each step: {:.1f} blocks, {:.0f} bytes in all",
                              log->allocations / calls, log->bytes / calls));
  // Whoever goes along a direction and needs no metric does no more than add up.
  const auto* const directed = dynamic_cast<const DirectionOptimizer*>(optimizer.get());
  if (!directed || !made_for_regression<Optimizer>(subject)) return;
  const LaneSetup given = bench->lane();
  Iterate at;
  at.point = given.start;
  given.objective->evaluate(at, Blocks::all());
  Memory memory;
  Factors direction;
  check_allocations_of(report, "direction", Allocating::is_wrong,
                       [&] { directed->direction(at, *given.objective, memory, direction); });
}

}  // namespace

Checks optimizer_checks() {
  return {{"the direction fits, and is zero where the gradient is", check_direction, true},
          {"no move at a minimum", check_rest},
          {"descent, phases and columns as announced", check_run},
          {"the same run twice, and with four threads", check_repetition},
          {"zero steps", check_zero_steps},
          {"memory only in Memory", check_resumption},
          {"save and restore, bit for bit", check_restore},
          {"batch = solo", check_company},
          {"problems that are not sensing", check_other_problem},
          {"edge shapes", check_edges},
          {"allocations at work", check_allocations}};
}

}  // namespace tightrope::conformance
