// What is added to exact measurements.
#pragma once

#include <span>
#include <vector>

#include "core/interfaces/component.hpp"

namespace tightrope {

/// A problem may have several noises, one on top of the other. Measurements come in blocks: what becomes of measurement
/// i is a pure function of i, of what stands there, of its exact value, of the signal and of the stream. Unsuitable
/// where that is impossible, as for a noise relative to the largest measurement where nobody knows it.
class Noise : public Component {
 public:
  static constexpr const char* kind = "noises";

  /// The exact measurements A(X*) as a whole.
  struct Signal {
    Index measurements = 0;  // m
    Real power = 0;    // ‖A(X*)‖²/m; its expectation ‖X*‖_F²/m where measurements are made batch by batch
    Real largest = 0;  // ‖A(X*)‖_∞; NaN where measurements are made batch by batch
  };
  /// data_j, measurement first + j with the noises before this one, gets this one on top, or is replaced as an outlier.
  /// exact, data: equally long.
  virtual void disturb(Index first, const Signal& signal, std::span<const Real> exact, std::span<Real> data) const = 0;
  /// Whether it is added to what stands there. A quantizer's, which makes something else of the whole, is not.
  virtual bool is_additive() const { return true; }
  /// The measurements, in increasing order, that it spoils altogether: outliers. Observers may ask for them.
  virtual std::vector<Index> outliers(Index /*measurements*/) const { return {}; }
};

}  // namespace tightrope
