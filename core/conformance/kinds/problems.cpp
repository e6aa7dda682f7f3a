// Problems: whole objectives, with their gradients, samples and columns.
#include "core/conformance/trial.hpp"
#include "core/engine/objectives/problem_objective.hpp"

namespace tightrope::conformance {

namespace {

constexpr int attempts = 5;  // at different points, since one may be at a kink

Made<Problem> made_problem(const Subject& subject, unsigned threads = 1) {
  return made_for<Problem>(subject, Shape{}, threads);
}

Rows all_of(const Problem& problem) { return Rows::all().within(problem.samples()); }

struct Value {
  Real value = 0;
  Factors gradient;
};

Value evaluated(const Problem& problem, const Factors& point, Rows rows, Blocks wanted, Report& report) {
  Value answer;
  answer.gradient = zeros(problem.blocks());
  answer.value = problem.evaluate(point, rows, wanted, &answer.gradient);
  const std::string wrong = wrong_shapes(answer.gradient, problem.blocks());
  report.require(wrong.empty(), "its gradient does not fit its blocks: {}", wrong);
  return answer;
}

Factors point_of(const Problem& problem, std::uint64_t seed) {
  Factors point = random_point(seed, problem.blocks());
  scale(point, 0.5);
  return point;
}

void check_gradient(const Subject& subject, Report& report) {
  const auto [bench, problem] = made_problem(subject);
  report.require(!problem->blocks().empty(), "it has no blocks");
  GradientTrial trial;
  for (std::uint64_t attempt = 1; attempt <= attempts; ++attempt) {
    const Factors point = point_of(*problem, attempt);
    const Value at = evaluated(*problem, point, all_of(*problem), Blocks::all(), report);
    const auto value = [&of = *problem](const Factors& there) {
      return of.evaluate(there, all_of(of), Blocks::none(), nullptr);
    };
    for (const Real from : {1e-2, 1e-3, 1e-4}) {
      trial = try_gradient(value, point, at.gradient, problem->blocks(), from);
      if (trial.wrong.empty()) return expect_gradient(report, "the gradient", trial);
    }
  }
  expect_gradient(report, "the gradient", trial);
}

void check_blocks(const Subject& subject, Report& report) {
  const auto [bench, problem] = made_problem(subject);
  const std::vector<Block> blocks = problem->blocks();
  const Factors point = point_of(*problem, 1);
  const Rows rows = all_of(*problem);
  const Value whole = evaluated(*problem, point, rows, Blocks::all(), report);
  const Value twice = evaluated(*problem, point, rows, Blocks::all(), report);
  report.expect(twice.value == whole.value && parts::same_bits(twice.gradient, whole.gradient),
                "asked twice, it does not say the same: it is not deterministic");
  report.expect(std::isfinite(whole.value) && is_finite(whole.gradient), "value or gradient is not finite");
  const Real alone = problem->evaluate(point, rows, Blocks::none(), nullptr);
  report.expect(std::abs(alone - whole.value) <= 1e-14 * std::abs(whole.value),
                "the value is {:g} with and {:g} without the gradient", whole.value, alone);
  for (Index b = 0; b < blocks.size(); ++b) {
    const Value part = evaluated(*problem, point, rows, Blocks::only(b), report);
    for (Index other = 0; other < blocks.size(); ++other)
      if (other == b)
        report.expect(agree(part.gradient[b], whole.gradient[b]),
                      "the gradient of block {} is another one when it is wanted alone", blocks[b].name);
      else
        report.expect(part.gradient[other].is_zero(), "the gradient of block {} is not zero, but only {} was wanted",
                      blocks[other].name, blocks[b].name);
  }
  for (const unsigned threads : {1U, 2U, 4U}) {
    const auto other = made_problem(subject, threads);
    const Value again = evaluated(*other.plugin, point, rows, Blocks::all(), report);
    report.expect(again.value == whole.value && parts::same_bits(again.gradient, whole.gradient),
                  "another object has other bits with {} threads", threads);
  }
}

void check_samples(const Subject& subject, Report& report) {
  const auto [bench, problem] = made_problem(subject);
  const Index m = problem->samples();
  if (m == 0) return;
  const Factors point = point_of(*problem, 1);
  const Value whole = evaluated(*problem, point, {0, m}, Blocks::all(), report);
  std::vector<Index> cuts = {0, 1, m / 7, m / 3, m / 3, std::min(m, m / 2 + 1), m};
  std::sort(cuts.begin(), cuts.end());
  Value sum{0, zeros(problem->blocks())};
  for (std::size_t part = 0; part + 1 < cuts.size(); ++part) {
    const Value some = evaluated(*problem, point, {cuts[part], cuts[part + 1] - cuts[part]}, Blocks::all(), report);
    if (cuts[part] == cuts[part + 1])
      report.expect(some.value == 0 && norm(some.gradient) == 0, "no samples have a value of {:g}, or a gradient",
                    some.value);
    sum.value += some.value;
    add_scaled(sum.gradient, 1, some.gradient);
  }
  report.expect(std::abs(sum.value - whole.value) <= 1e-12 * std::abs(whole.value),
                "the values of parts of the samples add up to {:g} instead of {:g}", sum.value, whole.value);
  add_scaled(sum.gradient, -1, whole.gradient);
  report.expect(norm(sum.gradient) <= 1e-11 * norm(whole.gradient),
                "the gradients of parts of the samples do not add up to that of all");
}

/// Steps of a thousandth of the point's size go down whatever the scale of f is.
void check_run(const Subject& subject, Report& report) {
  const auto [bench, problem] = made_problem(subject);
  const auto lane = [&, &of = problem] {
    LaneSetup given;
    given.objective = std::make_shared<ProblemObjective>(of, "the problem");
    given.start = point_of(*of, 1);
    Iterate at;
    at.point = given.start;
    given.objective->evaluate(at, Blocks::all());
    const Real steepness = norm(at.gradient);
    given.optimizer = std::make_shared<const parts::Downhill>();
    given.step_size = std::make_shared<const parts::Fixed>(steepness > 0 ? 1e-3 * norm(at.point) / steepness : 1);
    given.watches = {{observer_of(of), {}, true, "the problem"}};
    given.stop.iterations = 10;
    return parts::run(std::move(given));
  };
  const auto once = lane(), again = lane();
  report.require(once->end()->end_class == EndClass::limit, "{}", once->end()->reason);
  report.expect(once->iterate().value < once->trace().rows.front()[2], "short steps along minus the gradient go up");
  report.expect(once->trace().csv() == again->trace().csv(), "a second run is another one");
  check_columns(problem->columns(), once->trace(), report);
}

void check_space(const Subject& subject, Report& report) {
  const auto [bench, problem] = made_problem(subject);
  check_penalty(*problem, report);
  check_metric(*problem, report);
  check_moves(*problem, report);
  check_start(*problem, report);
}

void check_allocations(const Subject& subject, Report& report) {
  const auto [bench, problem] = made_problem(subject);
  const Factors point = point_of(*problem, 1);
  Factors gradient = zeros(problem->blocks());
  check_allocations_of(report, "evaluate", Allocating::is_remarked, [&, &of = *problem] {
    for (Mat& block : gradient.blocks) block.zeros();
    of.evaluate(point, all_of(of), Blocks::all(), &gradient);
  });
}

}  // namespace

Checks problem_checks() {
  return {{"gradient slope", check_gradient, true},
          {"wanted blocks alone, 1 to 4 threads, the same bits", check_blocks},
          {"parts of the samples add up to the whole", check_samples},
          {"gradient descent goes down, and columns are filled", check_run},
          {"gradient slope of the penalty, metric, retract, transport, start", check_space},
          {"allocations at work", check_allocations}};
}

}  // namespace tightrope::conformance
