// How a point in factor space stands for a matrix.
#pragma once

#include <vector>

#include "core/interfaces/space.hpp"
#include "core/numbers/recovery.hpp"

namespace tightrope {

/// A map from factors p (a list of blocks) to X(p) = L(p) R(p)ᵀ ∈ R^{n1 × n2}, with its derivatives, and the space that
/// p lies in. Optimizers know nothing of V and W: geometry is here.
class FactorizationModel : public Space {
 public:
  static constexpr const char* kind = "models";

  /// k, the factorization rank.
  virtual Index rank() const = 0;
  virtual void expand(const Factors& point, LowRank& X) const = 0;  ///< X = L Rᵀ at the point

  /// Chain rule: from (∂f/∂L, ∂f/∂R) to ∂f/∂p. Only the wanted blocks are written, the others are zeroed.
  virtual void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted,
                         Factors& gradient) const = 0;
  /// Derivative of X(p) along a direction, as a low-rank pair: dX = L' R'ᵀ.
  virtual void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const = 0;
  /// The sides of the gradient of X that pull_back reads for the wanted blocks.
  virtual Sides sides(Blocks) const { return {}; }
  /// The point that stands for the best approximation of U diag(σ) Vᵀ; spectral starts use it.
  virtual Factors from_svd(const Svd& svd) const = 0;
  /// Whether every X(p) is symmetric and positive semidefinite. The best approximation of a matrix is then made of the
  /// positive eigenvalues of its symmetric part, not of its largest singular values.
  virtual bool is_semidefinite() const { return false; }
};

}  // namespace tightrope
