// Step sizes: a step, or an end with a reason.
#include "core/conformance/trial.hpp"

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
  LaneSetup given = lane_on_regression(*it->bench);
  given.optimizer = std::make_shared<const parts::Downhill>();
  given.step_size = it->plugin;
  given.stop.iterations = 25;
  const auto lane = parts::run(std::move(given));
  // A step that suits sensing may be too long here.
  report.require(lane->end()->end_class != EndClass::failed, "on a problem that is not sensing: {}",
                 lane->end()->reason);
}

LaneSetup lane_with(const Bench& bench, std::shared_ptr<const StepSize> rule) {
  LaneSetup given = bench.lane();
  given.step_size = std::move(rule);
  return given;
}

void check_repetition(const Subject& subject, Report& report) {
  check_same_run_again<StepSize>(subject, report, lane_with);
}

void check_company(const Subject& subject, Report& report) {
  const auto [bench, rule] = made<StepSize>(subject);
  const auto starting_at = [&, &given = *bench, &one = rule](std::uint64_t seed) {
    LaneSetup setup = lane_with(given, one);
    setup.start = random_point(seed, given.model->blocks());
    scale(setup.start, 0.1);
    return setup;
  };
  std::vector<LaneSetup> together;
  together.push_back(starting_at(11));
  together.push_back(starting_at(12));
  const auto lanes = parts::run_together(std::move(together));
  for (const std::size_t i : {0U, 1U})
    require_same_bits(*lanes[i], *parts::run(starting_at(11 + i)), report,
                      "beside other runs with the same rule a run has other bits than alone: runs share something that "
                      "is not in their Memory (a static variable or a member)");
}

void check_edges(const Subject& subject, Report& report) {
  at_edges(subject, report, [&](const Subject& there, Shape shape) {
    const auto [bench, rule] = made_for<StepSize>(there, shape);
    LaneSetup given = lane_with(*bench, rule);
    given.stop.iterations = 5;
    const auto lane = parts::run(std::move(given));
    report.expect(lane->end()->end_class != EndClass::failed, "{}", lane->end()->reason);
  });
}

}  // namespace

Checks step_size_checks() {
  return {{"a positive step, or an end with a reason", check_answers, true},
          {"descent, and memory only in Memory", check_run},
          {"the same run twice, and with four threads", check_repetition},
          {"no way out of a minimum", check_rest},
          {"batch = solo", check_company},
          {"problems that are not sensing", check_other_problem},
          {"edge shapes", check_edges}};
}

}  // namespace tightrope::conformance
