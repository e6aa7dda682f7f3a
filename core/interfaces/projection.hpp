// A set, or a normal form, to which a run's points are brought back.
#pragma once

#include "core/interfaces/component.hpp"
#include "core/numbers/factors.hpp"

namespace tightrope {

/// Applied to the point when an iteration completes, before it is evaluated. Line searches of methods with one phase an
/// iteration see it through Objective::retract.
class Projection : public Component {
 public:
  static constexpr const char* kind = "projections";

  /// Replaces the point by its projection. A point that is one already must be a fixed point, up to rounding.
  virtual void project(Factors& point) const = 0;
};

}  // namespace tightrope
