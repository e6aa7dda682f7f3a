// The space in which a method moves: its blocks and its geometry, and nothing of what a point stands for.
#pragma once

#include <vector>

#include "core/interfaces/component.hpp"
#include "core/numbers/factors.hpp"

namespace tightrope {

/// Thrown where a metric is asked for that a space does not have.
class NoMetric : public Unsuitable {
 public:
  NoMetric() : Unsuitable("needs a model with a metric of its own, but this model has none (it has no precondition)") {}
};

/// Points p are lists of blocks. Optimizers and step sizes know this much of a model or a problem.
class Space : public Component {
 public:
  /// Names and shapes of the blocks, e.g. {V: n1 × k, W: n2 × k}. The names are those of final.npz.
  virtual std::vector<Block> blocks() const = 0;
  /// A start of its own, for those that bring one (the initialization `of_model`). The default throws Unsuitable.
  virtual Factors start() const;

  /// Value of its own penalty; adds its gradient to the wanted blocks of gradient (none, if null).
  virtual Real add_penalty(const Factors&, Blocks, Factors*) const { return 0; }
  /// direction = (M(p) + damping·I)† gradient for the metric M(p), blocks of zeros staying zero. A space that does not
  /// override this has no metric of its own, and the default throws NoMetric. Methods that need a metric ask for
  /// Context::space_with_metric() when they are made.
  virtual void precondition(const Factors& point, Real damping, const Factors& gradient, Factors& direction) const;
  /// Whether it has a metric of its own: precondition is asked at the origin.
  virtual bool has_metric() const;
  /// next = the point reached from p by `step` along direction. Default: next = p + step·direction.
  virtual void retract(const Factors& point, Real step, const Factors& direction, Factors& next) const;
  /// A point of independent standard normal entries: somewhere to try what a space can do.
  Factors random_point(const Stream& stream) const;
  /// Whether it has a penalty of its own: it is asked at a random point.
  bool has_penalty() const;
  /// Carries a vector that was remembered at one point, such as a velocity, to another. Default: it stays as it is.
  virtual void transport(const Factors& /*from*/, const Factors& /*to*/, Factors& /*vector*/) const {}
};

}  // namespace tightrope
