#include "core/interfaces/objective.hpp"

namespace tightrope {

void Objective::evaluate(Iterate& at, Blocks wanted) {
  Request request{this, &at, wanted};
  evaluate_together({&request, 1});
}

void Objective::retract(const Factors& point, Real step, const Factors& direction, Factors& next) const {
  space().retract(point, step, direction, next);
  if (projection_) projection_->project(next);
}

}  // namespace tightrope
