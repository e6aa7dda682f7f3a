// Small parts with known answers, for tests of the engine that must not depend on any plugin.
#pragma once

#include "core/conformance/parts.hpp"

namespace tightrope::parts {

/// The map of another operator, given by its definition alone: everything else is the interface's default.
class Plain final : public MeasurementOperator {
 public:
  explicit Plain(const MeasurementOperator& of)
      : MeasurementOperator(of.shape(), of.measurements()), rows_(of.shape().entries(), of.measurements()) {
    of.dense_rows(0, of.measurements(), rows_.memptr());
  }

 private:
  void do_forward(const Mat& X, Vec& z) const override { z = rows_.t() * arma::vectorise(X); }
  void do_adjoint(const Vec& z, Mat& G) const override { G = arma::reshape(rows_ * z, rows(), cols()); }
  Mat rows_;  // column i = vec(A_i)
};

class Error final : public Observer {
 public:
  std::vector<Column> columns() const override { return {{"error", "relative error", 1, true}}; }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = relative_error(seen.X, seen.truth->X);
  }
};

/// A 12 × 9 problem of rank 2 with 200 random measurements, κ = 2.
inline std::shared_ptr<const SensingProblem> problem(unsigned threads = 1) {
  auto result = std::make_shared<SensingProblem>();
  const Context given = context({12, 9}, threads);
  result->shape = given.shape;
  result->team = given.team;
  result->op = std::make_shared<const RandomRows>(given, 200);
  const Mat U = orthonormal_basis(Stream(2, "U").normal_matrix(12, 2)),
            V = orthonormal_basis(Stream(2, "V").normal_matrix(9, 2));
  result->truth = make_truth(balanced({U, Vec{1, 0.5}, V}), 2);
  result->op->forward(result->truth->X, result->data);
  return result;
}

inline LaneSetup setup(const std::shared_ptr<const SensingProblem>& of, Index rank = 2, Real step = 0.4) {
  LaneSetup result = bare_setup(of, rank, step);
  result.watches = {{std::make_shared<const Error>(), {}, true}};
  return result;
}

}  // namespace tightrope::parts
