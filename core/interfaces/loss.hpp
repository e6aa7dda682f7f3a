// The price of predictions z = A(X) against data y.
#pragma once

#include <span>

#include "core/interfaces/component.hpp"

namespace tightrope {

/// Thrown where second derivatives are asked of a loss that has none.
class NoCurvature : public Unsuitable {
 public:
  NoCurvature() : Unsuitable("needs a loss with second derivatives, but this loss has none (it has no curvature)") {}
};

/// A function ℓ(z; y) of m predictions and m data. Constants are those of the paper that a loss comes from,
/// stated in its file.
///
/// A separable loss is a sum over measurements, ℓ(z; y) = Σ_i ℓ_i(z_i; y_i). It is evaluated inside the pass
/// over the operator, a block of consecutive measurements at a time, and `first` is the index of the block's
/// first measurement. A loss that is not separable always gets all measurements in one call (first = 0) and
/// costs a second pass.
class Loss : public Component {
 public:
  static constexpr const char* kind = "losses";

  /// Returns the value of the block and writes slope_i = ∂ℓ/∂z_i (a subgradient at kinks).
  /// prediction, data, slope: equally long; slope does not overlap the others.
  virtual Real evaluate(Index first, std::span<const Real> prediction, std::span<const Real> data,
                        std::span<Real> slope) const = 0;
  virtual bool separable() const { return true; }
  /// Whether data are what predictions should be equal to: nothing costs less then. Labels, such as signs, are not.
  virtual bool is_of_residuals() const { return true; }
  /// curvature_i = ∂²ℓ/∂z_i² of a separable loss, at least 0. A loss that does not override this has none, and the
  /// default throws NoCurvature.
  virtual void curvature(Index /*first*/, std::span<const Real> /*prediction*/, std::span<const Real> /*data*/,
                         std::span<Real> /*curvature*/) const {
    throw NoCurvature();
  }
};

}  // namespace tightrope
