// What is added to exact measurements.
#pragma once

#include "core/interfaces/component.hpp"

namespace tightrope {

class Noise : public Component {
 public:
  static constexpr const char* kind = "noises";

  /// y from the exact measurements A(X*), both of length m.
  virtual Vec disturb(const Vec& exact) const = 0;
};

}  // namespace tightrope
