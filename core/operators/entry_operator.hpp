// A measurement operator that sees single entries of the matrix: matrix completion.
#pragma once

#include <vector>

#include "core/interfaces/measurement_operator.hpp"

namespace tightrope {

/// A(X)_i = factor · X_{a_i b_i}. Costs O(m k) per map on X = L Rᵀ; no n1 × n2 matrix is ever formed, and a pass with
/// gradient reads the entries once, a block after the other. Derived classes say which entries, and nothing else.
class EntryOperator : public MeasurementOperator {
 public:
  std::uint64_t bytes() const override { return places_.size() * sizeof(Index); }
  std::vector<MatrixEntry> entries() const override;

 protected:
  /// places: a + b·n1 for the entry (a, b), in the order of the measurements.
  EntryOperator(Shape shape, std::vector<Index> places, Real factor);
  /// Such places in order row by row.
  static std::vector<Index> by_rows(const std::vector<Index>& places, Shape shape);

 private:
  void do_forward(const Mat& X, Vec& z) const override;
  void do_adjoint(const Vec& z, Mat& G) const override;
  void do_forward(const LowRank& X, Vec& z) const override;
  void do_forward(const LowRank& X, Rows wanted, Vec& z) const override;
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override;
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override;
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override;
  void do_evaluate(std::span<Evaluation> lanes, Rows wanted) const override;

  void predict(const Mat& left, const Mat& right, Rows wanted, Real* z) const;
  void scatter(const Vec& z, Index first, const Mat& from, bool transposed, Mat& to) const;
  Index row(Index i) const { return places_[i] % rows(); }
  Index column(Index i) const { return places_[i] / rows(); }

  std::vector<Index> places_;
  Real factor_;
};

}  // namespace tightrope
