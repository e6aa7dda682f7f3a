// A measurement operator whose A_i are full matrices: the engine's streaming kernel for whoever can name the entries.
#pragma once

#include <functional>
#include <vector>

#include "core/interfaces/measurement_operator.hpp"

namespace tightrope {

/// Stores A as an m × n1·n2 matrix, row i = vec(A_i) column by column, and computes value and gradient of all
/// lanes in one pass: for each block of rows, inner products → the losses' slopes → accumulation into the
/// gradients, while the block is in cache. Derived classes say what the rows are, and nothing else.
class DenseOperator : public MeasurementOperator {
 public:
  std::uint64_t bytes() const override { return a_.size() * sizeof(Real); }
  bool is_dense() const override { return true; }
  void dense_rows(Index first, Index count, Real* rows) const override;

 protected:
  /// Writes rows first … first + count − 1, one after another, n1·n2 numbers each.
  using RowSource = std::function<void(Index first, Index count, Real* rows)>;
  /// Throws Error(resources) before allocating what cannot fit, with the formula m·n1·n2·8 bytes.
  DenseOperator(const Context& context, Index measurements, const RowSource& rows);

 private:
  void do_forward(const Mat& X, Vec& z) const override;
  void do_adjoint(const Vec& z, Mat& G) const override;
  void do_evaluate(std::span<Evaluation> lanes) const override;

  std::shared_ptr<const Team> team_;
  std::vector<Real> a_;  // row after row
};

}  // namespace tightrope
