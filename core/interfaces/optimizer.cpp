#include "core/interfaces/optimizer.hpp"

#include <algorithm>
#include <stdexcept>

namespace tightrope {

namespace {

/// What a method makes of a point has the shapes of its blocks.
void check_direction(const Factors& direction, const Factors& point, const FactorizationModel& model) {
  const auto same = [](const Mat& a, const Mat& b) { return a.n_rows == b.n_rows && a.n_cols == b.n_cols; };
  if (!std::equal(direction.blocks.begin(), direction.blocks.end(), point.blocks.begin(), point.blocks.end(), same))
    throw std::logic_error("its direction does not fit the model: " + wrong_shapes(direction, model.blocks()));
}

}  // namespace

Move Optimizer::advance(const Iterate& at, Workplace& workplace, Factors& next) const {
  const FactorizationModel& model = workplace.objective.model();
  const auto ask = [&] {
    Factors* const towards = &workplace.memory.factors("direction", at.point);
    direction(at, workplace.objective, workplace.memory, *towards);
    check_direction(*towards, at.point, model);
    keep_only(*towards, blocks(at.phase));
    return towards;
  };
  const Factors* towards = ask();
  // Not in the middle of an iteration, whose later phases may need what the earlier ones remember.
  if (workplace.step_size.needs_descent() && at.phase == 0 && !(dot(at.gradient, *towards) < 0)) {
    workplace.memory.clear();
    towards = ask();
  }
  Move move;
  move.step = workplace.step_size.choose(at, *towards, workplace.objective, workplace.step_size_memory);
  if (move.step > 0) model.retract(at.point, move.step, *towards, next);
  const Index next_phase = at.phase + 1;
  move.completes_iteration = next_phase >= phases(model);
  if (!move.completes_iteration) move.wanted = blocks(next_phase);
  return move;
}

}  // namespace tightrope
