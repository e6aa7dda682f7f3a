// Optimizers: sound moves, descent, and no memory but Memory.
#include "core/conformance/trial.hpp"
#include "core/engine/objectives/problem_objective.hpp"

namespace tightrope::conformance {

namespace {

/// Asks two objects in turn, phase by phase, and writes down what comes.
class Relay final : public Optimizer {
 public:
  struct Log {
    Index evaluations = 0;             // since the last complete iterate
    std::vector<Index> of_iterations;  // evaluations of each
  };
  Relay(std::shared_ptr<const Optimizer> first, std::shared_ptr<const Optimizer> second, std::shared_ptr<Log> log)
      : first_(std::move(first)), second_(std::move(second)), log_(std::move(log)) {}
  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    Move move = ((at.iteration + at.phase) % 2 ? *second_ : *first_).advance(at, context, next);
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

/// A method may be done before the limit; it may not fail or diverge.
void require_sound_end(const Lane& lane, Report& report) {
  const End& end = *lane.end();
  report.require(end.end_class != EndClass::failed && end.end_class != EndClass::diverged, "{}", end.reason);
  report.expect(!end.reason.empty(), "it ended as {} without a reason", to_string(end.end_class));
}

void require_same_bits(const Lane& one, const Lane& other, Report& report, const char* text) {
  report.expect(parts::same_bits(one.iterate().point, other.iterate().point) &&
                    one.iterate().iteration == other.iterate().iteration && one.trace().csv() == other.trace().csv(),
                "{}", text);
}

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
  report.expect(last < first, "{} iterations do not make the objective smaller: it goes from {:g} to {:g}",
                lane->iterate().iteration, first, last);
  const Index phases = optimizer->phases(*bench->model);
  for (const Index evaluations : log->of_iterations)
    report.expect(phases == 0 || evaluations == phases, "phases() says {}, but an iteration had {} evaluations", phases,
                  evaluations);
  const std::vector<Column> columns = optimizer->columns();
  check_columns(columns, report);
  for (const Column& column : columns) {
    const std::vector<Real> values = lane->trace().column(*lane->trace().find(column.name));
    report.expect(std::any_of(values.begin(), values.end(), [](Real value) { return !std::isnan(value); }),
                  "the column '{}' is announced but never written", column.name);
    report.expect(std::none_of(values.begin(), values.end(), [](Real value) { return std::isinf(value); }),
                  "the column '{}' is infinite", column.name);
  }
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
  const auto starting_at = [&, &given = *bench, &method = optimizer](std::uint64_t seed) {
    LaneSetup setup = lane_with(given, method);
    setup.start = random_point(seed, given.model->blocks());
    scale(setup.start, 0.1);
    return setup;
  };
  std::vector<LaneSetup> three;
  three.push_back(starting_at(11));
  three.push_back(starting_at(12));
  three.push_back(bench->lane());
  const auto lanes = parts::run_together(std::move(three));
  for (const std::size_t i : {0U, 1U})
    require_same_bits(*lanes[i], *parts::run(starting_at(11 + i)), report,
                      "beside other runs of the same method a run has other bits than alone");
}

void check_other_problem(const Subject& subject, Report& report) {
  const auto it = made_for_regression<Optimizer>(subject);
  if (!it) return;
  LaneSetup given;
  given.objective = std::make_shared<ProblemObjective>(it->bench->regression, "the problem");
  given.optimizer = it->plugin;
  if (it->bench->maker->takes_step_size()) given.step_size = std::make_shared<const parts::Fixed>(0.2);
  given.stop.iterations = 25;
  given.start = it->bench->start;
  const auto lane = parts::run(std::move(given));
  require_sound_end(*lane, report);
  report.expect(lane->iterate().value < lane->trace().rows.front()[2],
                "on a problem that is not sensing, {} iterations do not make the objective smaller",
                lane->iterate().iteration);
}

}  // namespace

Checks optimizer_checks() {
  return {{"the direction fits, and is zero where the gradient is", check_direction},
          {"no move at a minimum", check_rest},
          {"a run goes down, as its moves say", check_run},
          {"all memory is in Memory", check_resumption},
          {"the same bits in company", check_company},
          {"problems that are not sensing", check_other_problem}};
}

}  // namespace tightrope::conformance
