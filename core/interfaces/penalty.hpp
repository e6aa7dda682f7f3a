// What is added to the loss: a function of the matrix alone.
#pragma once

#include "core/interfaces/component.hpp"

namespace tightrope {

/// P(X), added to ℓ(A(X); y). A penalty on factors is a matter of the model (Space::add_penalty); this one must be the
/// same for every pair (L, R) with the same L Rᵀ. X is never formed.
class Penalty : public Component {
 public:
  static constexpr const char* kind = "penalties";

  /// P(L Rᵀ). Adds ∇P(X) R (n1 × k) to gradient->left and ∇P(X)ᵀ L (n2 × k) to gradient->right; to nothing, if null.
  virtual Real add(const LowRank& X, LowRank* gradient) const = 0;
};

}  // namespace tightrope
