// How a point in factor space stands for a matrix, and the geometry of that space.
#pragma once

#include <vector>

#include "core/interfaces/component.hpp"
#include "core/numbers/factors.hpp"
#include "core/numbers/recovery.hpp"

namespace tightrope {

/// Thrown where a metric is asked for that a model does not have.
class NoMetric : public Unsuitable {
 public:
  NoMetric() : Unsuitable("needs a model with a metric of its own, but this model has none (it has no precondition)") {}
};

/// A map from factors p (a list of blocks) to X(p) = L(p) R(p)ᵀ ∈ R^{n1 × n2}, with its derivatives, metric and
/// retraction. Optimizers know nothing of V and W: geometry is here.
class FactorizationModel : public Component {
 public:
  static constexpr const char* kind = "models";

  /// Names and shapes of the blocks, e.g. {V: n1 × k, W: n2 × k}. The names are those of final.npz.
  virtual std::vector<Block> blocks() const = 0;
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

  /// Value of the model's own penalty; adds its gradient to the wanted blocks of gradient (none, if null).
  virtual Real add_penalty(const Factors&, Blocks, Factors*) const { return 0; }
  /// direction = (M(p) + damping·I)† gradient for the model's metric M(p), blocks of zeros staying zero. A model that
  /// does not override this has no metric of its own, and the default throws NoMetric. Methods that need a metric ask
  /// for Context::model_with_metric() when they are made.
  virtual void precondition(const Factors& point, Real damping, const Factors& gradient, Factors& direction) const;
  /// Whether the model has a metric of its own: precondition is asked at the origin.
  virtual bool has_metric() const;
  /// next = the point reached from p by `step` along direction. Default: next = p + step·direction.
  virtual void retract(const Factors& point, Real step, const Factors& direction, Factors& next) const;
};

}  // namespace tightrope
