// A linear map from matrices to measurements, in all the forms that methods need.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/interfaces/component.hpp"
#include "core/interfaces/loss.hpp"

namespace tightrope {

/// One lane's share of a pass: where to evaluate, against which data, and what is wanted back.
struct Evaluation {
  const LowRank* at = nullptr;  // X = L Rᵀ, n1 × n2
  const Vec* data = nullptr;    // y, one for each row of the pass
  const Loss* loss = nullptr;
  Sides wanted;                    // sides of the gradient to compute; the others are left alone
  Real value = 0;                  // out: ℓ(A(X); y)
  Vec* prediction = nullptr;       // out: A(X), one for each row of the pass; null, where they are optional: not wanted
  LowRank* gradient = nullptr;     // out: {A*(s) R, A*(s)ᵀ L} with s = ∂ℓ; null: the value alone
  const LowRank* along = nullptr;  // L and R of the gradient, if they are not those of X
  Index reads = 1;                 // out: how often the rows were read for it

  const LowRank& sides() const { return along ? *along : *at; }
};

/// Measurement i sees entry (row, column) of the matrix, times a factor that is the same for all i.
struct MatrixEntry {
  Index row = 0, column = 0;
};

/// A: R^{n1 × n2} → R^m, A(X)_i = ⟨A_i, X⟩.
///
/// forward and adjoint define an operator; every other map is the same thing in a cheaper form, with a correct
/// default, and is overridden only where that pays. Unless a config says otherwise operators are scaled so that
/// E‖A(X)‖² = ‖X‖_F², which makes step sizes comparable between them.
///
/// The public functions check shapes (std::logic_error: a mistake of the caller) and call the private do_ ones,
/// so implementations never check. Outputs are sized by the public functions before do_ is called, and
/// implementations overwrite them; an answer of another size is a std::logic_error, too.
class MeasurementOperator : public Component, public std::enable_shared_from_this<MeasurementOperator> {
 public:
  static constexpr const char* kind = "operators";

  Index rows() const { return shape_.rows; }
  Index cols() const { return shape_.cols; }
  Shape shape() const { return shape_; }
  Index measurements() const { return measurements_; }

  void forward(const Mat& X, Vec& z) const;                      ///< z = A(X)
  void adjoint(const Vec& z, Mat& G) const;                      ///< G = A*(z): ⟨A(X), z⟩ = ⟨X, A*(z)⟩
  void forward(const LowRank& X, Vec& z) const;                  ///< z = A(L Rᵀ)
  void adjoint_times(const Vec& z, const Mat& B, Mat& C) const;  ///< C = A*(z) B,  B: n2 × j
  void adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const;  ///< C = A*(z)ᵀ B, B: n1 × j
  /// Gradient of (L, R) ↦ ⟨A(L Rᵀ), z⟩: gradient = {A*(z) R, A*(z)ᵀ L}, the wanted sides of it.
  void pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted = {}) const;
  /// Values, predictions and gradients of many lanes from one pass over the operator's data, or over some consecutive
  /// rows of them. What a lane gets does not depend, to the last bit, on which other lanes are in the batch.
  void evaluate(std::span<Evaluation> lanes, Rows rows = Rows::all()) const;
  /// The measurements `rows` of A(L Rᵀ).
  void forward(const LowRank& X, Rows rows, Vec& z) const;

  /// The operator of the measurements with the given increasing indices. Its scaling is left as it is. Keeps this
  /// operator alive, which must therefore be owned by a shared_ptr.
  std::shared_ptr<const MeasurementOperator> restricted(const std::vector<Index>& indices) const;
  /// Bytes of the operator's own data that one streaming read touches.
  virtual std::uint64_t bytes() const { return 0; }
  /// Whether passes can do without writing predictions: where there are many, and few who read them.
  virtual bool predictions_are_optional() const { return false; }
  /// The data y, for operators that come with them; else null. Such an operator knows its shape, too, and may be made
  /// for one of 0 × 0.
  virtual const Vec* own_data() const { return nullptr; }
  /// What each measurement sees, for operators that see single entries; else empty.
  virtual std::vector<MatrixEntry> entries() const { return {}; }
  /// Whether the A_i are dense, and can be written out by dense_rows.
  virtual bool is_dense() const { return false; }
  /// Rows first … first + count − 1 of the m × n1·n2 matrix whose row i is vec(A_i), column by column, written
  /// one row after another. Only for dense operators.
  virtual void dense_rows(Index first, Index count, Real* rows) const;

 protected:
  MeasurementOperator(Shape shape, Index measurements) : shape_(shape), measurements_(measurements) {}
  /// Some of the measurements, which exist. Default: a view, each use of which costs one of the whole.
  virtual std::shared_ptr<const MeasurementOperator> do_restricted(const std::vector<Index>& indices) const;

 private:
  virtual void do_forward(const Mat& X, Vec& z) const = 0;
  virtual void do_adjoint(const Vec& z, Mat& G) const = 0;
  virtual void do_forward(const LowRank& X, Vec& z) const;                                           // forms X
  virtual void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const;                           // forms A*(z)
  virtual void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const;                // forms A*(z)
  virtual void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const;  // forms A*(z)
  /// Only lanes with separable losses arrive here; all of `rows` exist. An implementation reads the rows once. Default:
  /// lane by lane, forward → slope → pull back, which reads twice, and everything whatever the rows are.
  virtual void do_evaluate(std::span<Evaluation> lanes, Rows rows) const;
  virtual void do_forward(const LowRank& X, Rows rows, Vec& z) const;  // everything, then takes those rows

  void evaluate_alone(Evaluation& lane, Rows rows) const;
  void check_sides(const LowRank& gradient, Index rank, Sides wanted) const;
  void check_answers(std::span<const Evaluation> lanes, Rows rows) const;

  Shape shape_;
  Index measurements_;
};

}  // namespace tightrope
