// Step sizes: a step, or an end with a reason.
#include "core/conformance/trial.hpp"
#include "core/engine/objectives/problem_objective.hpp"

namespace tightrope::conformance {

namespace {

/// Asks two objects in turn.
class Alternating final : public StepSize {
 public:
  Alternating(std::shared_ptr<const StepSize> first, std::shared_ptr<const StepSize> second)
      : first_(std::move(first)), second_(std::move(second)) {}
  Step choose(const Iterate& at, const Factors& direction, Objective& objective, Memory& memory) const override {
    return (at.iteration % 2 ? *second_ : *first_).choose(at, direction, objective, memory);
  }
  bool needs_descent() const override { return first_->needs_descent(); }

 private:
  std::shared_ptr<const StepSize> first_, second_;
};

void check_end(const Step& step, Report& report) {
  if (!step.end) return;
  report.expect(!step.end->reason.empty(), "it ends the run as {} without a reason", to_string(step.end->end_class));
  report.expect(step.end->end_class != EndClass::failed, "it ends the run as failed: {}", step.end->reason);
}

void require_sound_end(const Lane& lane, Report& report) {
  const End& end = *lane.end();
  report.require(end.end_class != EndClass::failed && end.end_class != EndClass::diverged, "{}", end.reason);
}

void check_answers(const Subject& subject, Report& report) {
  const auto [bench, rule] = made<StepSize>(subject);
  const LaneSetup given = bench->lane();
  Iterate at;
  at.point = given.start;
  given.objective->evaluate(at, Blocks::all());
  const auto asked = [&, &of = *rule](const Iterate& where, Real factor) {
    Memory memory;
    Factors direction = where.gradient;
    scale(direction, factor);
    const Step step = of.choose(where, direction, *given.objective, memory);
    check_end(step, report);
    return step;
  };
  const Step down = asked(at, -1);
  report.expect(down.end || (std::isfinite(down.size) && down.size > 0),
                "along minus the gradient the step size is {:g}", down.size);
  if (rule->needs_descent()) {
    const Step up = asked(at, 1);
    report.expect(up.end || up.size == 0, "along the gradient, where it goes up, the step size is {:g}", up.size);
  }
  at.gradient = zeros(bench->model->blocks());
  const Step still = asked(at, -1);
  report.expect(still.end || (std::isfinite(still.size) && still.size >= 0),
                "where the gradient is zero the step size is {:g}", still.size);
}

void check_run(const Subject& subject, Report& report) {
  const auto [bench, rule] = made<StepSize>(subject);
  LaneSetup given = bench->lane(), again = bench->lane(), by_block = bench->lane();
  given.step_size = rule;
  again.step_size = std::make_shared<const Alternating>(rule, bench->make<StepSize>());
  by_block.step_size = rule;
  by_block.optimizer = std::make_shared<const parts::Downhill>(true);
  const auto lane = parts::run(std::move(given));
  require_sound_end(*lane, report);
  const Real first = lane->trace().rows.front()[2], last = lane->iterate().value;
  report.expect(last < first, "{} iterations do not make the objective smaller: it goes from {:g} to {:g}",
                lane->iterate().iteration, first, last);
  const auto relayed = parts::run(std::move(again));
  report.expect(parts::same_bits(relayed->iterate().point, lane->iterate().point),
                "another object goes on in another way: not all that the rule remembers is in its Memory");
  require_sound_end(*parts::run(std::move(by_block)), report);
}

void check_rest(const Subject& subject, Report& report) {
  const auto bench = made<StepSize>(subject).bench;
  bench->explain_start();
  LaneSetup given = bench->lane();
  given.step_size = bench->make<StepSize>();
  given.stop.iterations = 3;
  const auto lane = parts::run(std::move(given));
  require_sound_end(*lane, report);
  report.expect(!lane->end()->reason.empty(), "at a minimum it ends the run without a reason");
  report.expect(lane->iterate().value <= 1e-20, "it leads away from a minimum, to {:g}", lane->iterate().value);
}

void check_other_problem(const Subject& subject, Report& report) {
  const auto it = made_for_regression<StepSize>(subject);
  if (!it) return;
  LaneSetup given;
  given.objective = std::make_shared<ProblemObjective>(it->bench->regression, "the problem");
  given.optimizer = std::make_shared<const parts::Downhill>();
  given.step_size = it->plugin;
  given.stop.iterations = 25;
  given.start = it->bench->start;
  const auto lane = parts::run(std::move(given));
  // A step that suits sensing may be too long here.
  report.require(lane->end()->end_class != EndClass::failed, "on a problem that is not sensing: {}",
                 lane->end()->reason);
}

}  // namespace

Checks step_size_checks() {
  return {{"never negative, zero only where no descent is possible, ends with a reason", check_answers},
          {"a run goes down, and all memory is in Memory", check_run},
          {"no way out of a minimum", check_rest},
          {"problems that are not sensing", check_other_problem}};
}

}  // namespace tightrope::conformance
