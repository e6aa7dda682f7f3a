// Spaces, of models and of problems: penalty, metric, moves and start.
#include "core/conformance/trial.hpp"

namespace tightrope::conformance {

namespace {

std::vector<Blocks> single_blocks(const Space& space) {
  std::vector<Blocks> all;
  for (Index b = 0; b < space.blocks().size(); ++b) all.push_back(Blocks::only(b));
  return all;
}

}  // namespace

void check_penalty(const Space& space, Report& report) {
  const std::vector<Block> blocks = space.blocks();
  const Factors point = random_point(1, blocks), before = random_point(3, blocks);
  Factors gradient = zeros(blocks);
  const Real value = space.add_penalty(point, Blocks::all(), &gradient);
  report.expect(space.add_penalty(point, Blocks::all(), nullptr) == value &&
                    space.add_penalty(point, Blocks::none(), nullptr) == value,
                "the penalty is another one without its gradient");
  expect_gradient(report, "the gradient of the penalty",
                  try_gradient([&](const Factors& there) { return space.add_penalty(there, Blocks::all(), nullptr); },
                               point, gradient, blocks));
  for (const Blocks wanted : single_blocks(space)) {
    Factors sum = before;
    space.add_penalty(point, wanted, &sum);
    for (Index b = 0; b < blocks.size(); ++b) {
      if (wanted.has(b))
        report.expect(agree(sum[b], before[b] + gradient[b]), "the gradient of the penalty is not added to block {}",
                      blocks[b].name);
      else
        report.expect(parts::same_bits(sum[b], before[b]),
                      "the gradient of the penalty is added to block {}, although it is not wanted", blocks[b].name);
    }
  }
}

void check_metric(const Space& space, Report& report) {
  if (!space.has_metric()) return;
  const std::vector<Block> blocks = space.blocks();
  const Factors point = random_point(1, blocks), gradient = random_point(2, blocks), other = random_point(3, blocks);
  Factors direction, of_other;
  for (const Real damping : {0.0, 0.1}) {
    space.precondition(point, damping, gradient, direction);
    report.expect(is_finite(direction), "the direction of precondition is not finite");
    space.precondition(point, damping, other, of_other);
    report.measure("relative asymmetry of the metric",
                   std::abs(dot(other, direction) - dot(gradient, of_other)) /
                       (norm(other) * norm(direction) + norm(gradient) * norm(of_other)),
                   "at most 1e-10");
    report.expect(std::abs(dot(other, direction) - dot(gradient, of_other)) <=
                      1e-10 * (norm(other) * norm(direction) + norm(gradient) * norm(of_other)),
                  "the metric is not symmetric: ⟨h, (M + δI)⁻¹ g⟩ is {:g}, but ⟨g, (M + δI)⁻¹ h⟩ is {:g} for δ = {:g}",
                  dot(other, direction), dot(gradient, of_other), damping);
    for (const Blocks wanted : single_blocks(space)) {
      Factors some = gradient;
      keep_only(some, wanted);
      space.precondition(point, damping, some, direction);
      report.expect(dot(some, direction) > 0, "the metric is not positive: ⟨g, (M + δI)⁻¹ g⟩ is {:g} for δ = {:g}",
                    dot(some, direction), damping);
      for (Index b = 0; b < blocks.size(); ++b)
        report.expect(wanted.has(b) || direction[b].is_zero(), "precondition makes something of the zeros of block {}",
                      blocks[b].name);
    }
  }
}

void check_moves(const Space& space, Report& report) {
  const std::vector<Block> blocks = space.blocks();
  const Factors point = random_point(1, blocks), direction = random_point(2, blocks), other = random_point(3, blocks);
  Factors next;
  space.retract(point, 0, direction, next);
  report.expect(parts::same_bits(next, point), "retract by a step of 0 moves the point");
  const auto remainder = [&](Real h) {
    space.retract(point, h, direction, next);
    add_scaled(next, -1, point);
    add_scaled(next, -h, direction);
    return norm(next);
  };
  const Real slope = slope_of(remainder, 1e-2, 1e-4, 1e-13 * norm(point));
  report.measure("slope of retract against p + μd", slope, "2");
  report.expect(
      slope > 1.9,
      "retract does not agree with p + μd to first order: the difference falls with slope {:.2f} instead of 2", slope);

  Factors to, moved_direction = direction, moved_other = other, moved_sum = direction, still = direction;
  space.retract(point, 0.1, direction, to);
  scale(moved_sum, 2);
  add_scaled(moved_sum, -3, other);
  space.transport(point, to, moved_direction);
  space.transport(point, to, moved_other);
  space.transport(point, to, moved_sum);
  scale(moved_direction, 2);
  add_scaled(moved_direction, -3, moved_other);
  add_scaled(moved_direction, -1, moved_sum);
  report.expect(norm(moved_direction) <= 1e-12 * (norm(moved_other) + norm(moved_sum)), "transport is not linear");
  space.transport(point, point, still);
  report.expect(parts::same_bits(still, direction), "transport from a point to itself changes the vector");
}

void check_start(const Space& space, Report& report) {
  Factors start;
  try {
    start = space.start();
  } catch (const Unsuitable&) {
    return;  // it brings none
  }
  const std::string wrong = wrong_shapes(start, space.blocks());
  report.require(wrong.empty(), "the start does not fit the blocks: {}", wrong);
  report.expect(is_finite(start), "the start is not finite");
  report.expect(parts::same_bits(start, space.start()), "the start is another one when it is asked for again");
}

}  // namespace tightrope::conformance
