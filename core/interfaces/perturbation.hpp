// What disturbs the gradient of a run.
#pragma once

#include "core/interfaces/component.hpp"

namespace tightrope {

/// E_t is added to the gradient of f with respect to X at iterate t, between operator and model; values are left alone.
/// A pure function of t and of the stream: all phases of an iteration see the same one.
class Perturbation : public Component {
 public:
  static constexpr const char* kind = "perturbations";

  /// E_t, n1 × n2.
  virtual Mat matrix(Index iteration) const = 0;
};

}  // namespace tightrope
