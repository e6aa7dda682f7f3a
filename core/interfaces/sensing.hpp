// A problem's operator, for whoever needs more of it than value and gradient.
#pragma once

#include "core/numbers/factors.hpp"
#include "core/numbers/types.hpp"

namespace tightrope {

class FactorizationModel;
struct Iterate;

/// What components may ask of the operator, while they are made (Context::sensing) and while a run goes on
/// (Objective::sensing). Every use is counted in the run that it is for.
///
/// Products with A*(z) cost one pass each, but for dense operators: there A*(z) is formed in one pass and kept until
/// another z is asked for, for all runs of the problem together, and each run is charged that one pass.
///
/// J is the derivative of p ↦ A(X(p)) at an iterate, over the rows of the iterate's pass.
class Sensing {
 public:
  virtual ~Sensing() = default;

  virtual Shape shape() const = 0;                      // n1 × n2
  virtual Index measurements() const = 0;               // m
  virtual const FactorizationModel& model() const = 0;  // throws Unsuitable where it is not made yet
  /// A(X) over the rows of an iterate. One forward map where its pass has not written it, once for each iterate.
  virtual const Vec& prediction(const Iterate& at) = 0;
  /// z = A(L Rᵀ)
  virtual void forward(const LowRank& X, Vec& z) = 0;
  /// ℓ(z; y) and its slope s = ∂ℓ/∂z. No use of the operator.
  virtual Real slope(const Vec& z, Vec& s) = 0;
  /// C = A*(z) B, B: n2 × j
  virtual void adjoint_times(const Vec& z, const Mat& B, Mat& C) = 0;
  /// C = A*(z)ᵀ B, B: n1 × j
  virtual void adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) = 0;

  /// z = J d: one forward map.
  virtual void jacobian_times(const Iterate& at, const Factors& d, Vec& z) = 0;
  /// The wanted blocks of g = Jᵀ z, the others zero: one adjoint map.
  virtual void jacobian_transposed_times(const Iterate& at, const Vec& z, Blocks wanted, Factors& g) = 0;
  /// The wanted blocks of Hd = Jᵀ diag(ℓ″) J d, the others zero, ℓ″ at the iterate: one fused pass. Throws NoCurvature
  /// if the loss has no second derivatives.
  virtual void curvature_times(const Iterate& at, const Factors& d, Blocks wanted, Factors& Hd) = 0;
};

}  // namespace tightrope
