#include "core/interfaces/optimizer.hpp"

namespace tightrope {

Move Optimizer::advance(const Iterate& at, Workplace& workplace, Factors& next) const {
  const FactorizationModel& model = workplace.objective.model();
  const auto ask = [&] {
    Factors* const towards = &workplace.memory.factors("direction", at.point);
    direction(at, workplace.objective, workplace.memory, *towards);
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
