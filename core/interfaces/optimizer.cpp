#include "core/interfaces/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tightrope {

namespace {

/// What a method makes of a point has the shapes of its blocks.
void check_direction(const Factors& direction, const Factors& point, const Space& space) {
  const auto same = [](const Mat& a, const Mat& b) { return a.n_rows == b.n_rows && a.n_cols == b.n_cols; };
  if (!std::equal(direction.blocks.begin(), direction.blocks.end(), point.blocks.begin(), point.blocks.end(), same))
    throw std::logic_error("its direction does not fit the model: " + wrong_shapes(direction, space.blocks()));
}

}  // namespace

Move Move::end_of_run(End end) {
  Move move;
  move.end = std::move(end);
  return move;
}

Move Move::to_evaluated_point(Real step, std::vector<Real> columns) {
  Move move;
  move.step = step;
  move.evaluate = false;
  move.columns = std::move(columns);
  return move;
}

Move DirectionOptimizer::advance(const Iterate& at, StepContext& context, Factors& next) const {
  const Space& space = context.objective.space();
  const auto ask = [&] {
    Factors* const towards = &context.memory.factors("direction", at.point);
    direction(at, context.objective, context.memory, *towards);
    check_direction(*towards, at.point, space);
    keep_only(*towards, blocks(at.phase));
    return towards;
  };
  const Factors* towards = ask();
  // Not in the middle of an iteration, whose later phases may need what the earlier ones remember.
  if (context.step_size->needs_descent() && at.phase == 0 && !(dot(at.gradient, *towards) < 0)) {
    context.memory.clear();
    towards = ask();
  }
  Move move;
  Step step = context.step_size->choose(at, *towards, context.objective, context.step_size_memory);
  move.step = step.size;
  move.end = std::move(step.end);
  if (move.step > 0) space.retract(at.point, move.step, *towards, next);
  for (const Column& column : columns()) move.columns.push_back(context.memory.scalar(column.name, std::nan("")));
  const Index next_phase = at.phase + 1;
  move.completes_iteration = next_phase >= phases(space);
  if (!move.completes_iteration) move.wanted = blocks(next_phase);
  return move;
}

}  // namespace tightrope
