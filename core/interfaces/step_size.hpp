// How far to go along a direction.
#pragma once

#include "core/interfaces/objective.hpp"

namespace tightrope {

class StepSize : public Component {
 public:
  static constexpr const char* kind = "step_sizes";

  /// The μ ≥ 0 of next = retract(at.point, μ, direction). Zero means that no acceptable step was found: the run
  /// ends as stalled. Trial values asked of the objective are counted.
  virtual Real choose(const Iterate& at, const Factors& direction, Objective& objective, Memory& memory) const = 0;
  /// Whether it finds a step only along directions of descent, ⟨∇f, d⟩ < 0, as line searches do.
  virtual bool needs_descent() const { return false; }
};

}  // namespace tightrope
