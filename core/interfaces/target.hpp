// The matrix to recover.
#pragma once

#include "core/interfaces/component.hpp"

namespace tightrope {

class Target : public Component {
 public:
  static constexpr const char* kind = "targets";

  /// X* as a low-rank pair, and the rank that counts as signal. The engine completes the rest of Truth.
  virtual LowRank matrix() const = 0;
  virtual Index rank() const = 0;
};

}  // namespace tightrope
