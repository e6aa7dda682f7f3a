// How far to go along a direction.
#pragma once

#include <optional>

#include "core/interfaces/end.hpp"
#include "core/interfaces/objective.hpp"

namespace tightrope {

/// μ ≥ 0 of next = retract(at.point, μ, direction). Zero means that no acceptable step was found: the run ends as
/// stalled, or as `end` says, at the point where it is.
struct Step {
  Real size = 0;
  std::optional<End> end;
  Step(Real of_size) : size(of_size) {}
  Step(EndClass end_class, std::string reason) : end(End{end_class, std::move(reason), 0}) {}
};

class StepSize : public Component {
 public:
  static constexpr const char* kind = "step_sizes";

  /// Trial values asked of the objective are counted.
  virtual Step choose(const Iterate& at, const Factors& direction, Objective& objective, Memory& memory) const = 0;
  /// Whether it finds a step only along directions of descent, ⟨∇f, d⟩ < 0, as line searches do.
  virtual bool needs_descent() const { return false; }
};

}  // namespace tightrope
