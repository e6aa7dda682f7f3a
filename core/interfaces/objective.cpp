#include "core/interfaces/objective.hpp"

namespace tightrope {

void Objective::evaluate(Iterate& at, Blocks wanted) {
  Request request{this, &at, wanted};
  evaluate_together({&request, 1});
}

}  // namespace tightrope
