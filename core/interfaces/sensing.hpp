// A problem's operator, for whoever needs more of it than value and gradient.
#pragma once

#include "core/numbers/types.hpp"

namespace tightrope {

/// What components may ask of the operator while they are made. Every use is counted in the run that they are made for,
/// as passes at its start are.
///
/// The products with A*(z) cost one pass each, but for dense operators: there A*(z) is formed in one pass and kept
/// until another z is asked for, for all runs of the problem together, and each run is charged that one pass.
class Sensing {
 public:
  virtual ~Sensing() = default;

  virtual Shape shape() const = 0;         // n1 × n2
  virtual Index measurements() const = 0;  // m
  /// z = A(L Rᵀ)
  virtual void forward(const LowRank& X, Vec& z) = 0;
  /// C = A*(z) B, B: n2 × j
  virtual void adjoint_times(const Vec& z, const Mat& B, Mat& C) = 0;
  /// C = A*(z)ᵀ B, B: n1 × j
  virtual void adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) = 0;
};

}  // namespace tightrope
