// Measurement operators whose A_i have few entries that are not zero.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// An entry of an A_i.
struct Nonzero {
  std::uint32_t row = 0, column = 0;
  Real value = 0;
};

/// A_i has the entries nonzeros[starts[i]] … nonzeros[starts[i + 1] − 1], at different places (compressed rows of the
/// m × n1n2 matrix). A map costs O(k) for each of them, on X = L Rᵀ, and a pass over some measurements, or a
/// restriction, what it touches. Derived classes say which entries, and nothing else.
class SparseRows : public MeasurementOperator {
 public:
  SparseRows(Shape of_shape, std::vector<Index> starts, std::vector<Nonzero> nonzeros)
      : MeasurementOperator(of_shape, starts.size() - 1), starts_(std::move(starts)), nonzeros_(std::move(nonzeros)) {}

  std::uint64_t bytes() const override { return starts_.size() * sizeof(Index) + nonzeros_.size() * sizeof(Nonzero); }

 private:
  static constexpr Index together = 4096;  // measurements whose slopes are kept at a time

  std::span<const Nonzero> of(Index i) const {
    return {nonzeros_.data() + starts_[i], nonzeros_.data() + starts_[i + 1]};
  }
  /// left, right: a column for each row of the factors, so that inner products are contiguous.
  void predict(const Mat& left, const Mat& right, Rows wanted, Real* z) const {
    for (Index i = wanted.first; i < wanted.end(); ++i) {
      Real sum = 0;
      for (const auto& [row, column, value] : of(i)) sum += value * arma::dot(left.col(row), right.col(column));
      z[i - wanted.first] = sum;
    }
  }
  /// to += the columns of A*(z) B, or of A*(z)ᵀ B, that the measurements reach; from is Bᵀ.
  void scatter(const Real* z, Rows some, const Mat& from, bool transposed, Mat& to) const {
    for (Index i = some.first; i < some.end(); ++i)
      for (const auto& [row, column, value] : of(i))
        to.col(transposed ? column : row) += (value * z[i - some.first]) * from.col(transposed ? row : column);
  }
  void multiply(const Vec& z, const Mat& B, bool transposed, Mat& C) const {
    Mat to(B.n_cols, C.n_rows, arma::fill::zeros);
    scatter(z.memptr(), {0, measurements()}, B.t(), transposed, to);
    C = to.t();
  }

  void do_forward(const Mat& X, Vec& z) const override {
    z.zeros();
    for (Index i = 0; i < measurements(); ++i)
      for (const auto& [row, column, value] : of(i)) z[i] += value * X(row, column);
  }
  void do_adjoint(const Vec& z, Mat& G) const override {
    G.zeros();
    for (Index i = 0; i < measurements(); ++i)
      for (const auto& [row, column, value] : of(i)) G(row, column) += value * z[i];
  }
  void do_forward(const LowRank& X, Vec& z) const override { do_forward(X, Rows{0, measurements()}, z); }
  void do_forward(const LowRank& X, Rows wanted, Vec& z) const override {
    predict(X.left.t(), X.right.t(), wanted, z.memptr());
  }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override { multiply(z, B, false, C); }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override { multiply(z, B, true, C); }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    if (wanted.left) multiply(z, X.right, false, gradient.left);
    if (wanted.right) multiply(z, X.left, true, gradient.right);
  }
  /// Entries are read once, a block of measurements after the other.
  void do_evaluate(std::span<Evaluation> lanes, Rows wanted) const override {
    Vec slope(std::min(together, wanted.count));
    for (Evaluation& lane : lanes) {
      const bool to_left = lane.gradient && lane.wanted.left, to_right = lane.gradient && lane.wanted.right;
      const Mat left = lane.at->left.t(), right = lane.at->right.t();
      const Mat along_left = lane.sides().left.t(), along_right = lane.sides().right.t();
      Mat of_left(along_right.n_rows, to_left ? rows() : 0, arma::fill::zeros),
          of_right(along_left.n_rows, to_right ? cols() : 0, arma::fill::zeros);
      lane.value = 0;
      for (Index done = 0; done < wanted.count; done += together) {
        const Rows some{wanted.first + done, std::min(together, wanted.count - done)};
        Real* const z = lane.prediction->memptr() + done;
        predict(left, right, some, z);
        lane.value += lane.loss->evaluate(some.first, {z, some.count}, {lane.data->memptr() + done, some.count},
                                          {slope.memptr(), some.count});
        if (to_left) scatter(slope.memptr(), some, along_right, false, of_left);
        if (to_right) scatter(slope.memptr(), some, along_left, true, of_right);
      }
      if (to_left) lane.gradient->left = of_left.t();
      if (to_right) lane.gradient->right = of_right.t();
    }
  }
  std::shared_ptr<const MeasurementOperator> do_restricted(const std::vector<Index>& indices) const override {
    std::vector<Index> starts{0};
    std::vector<Nonzero> some;
    for (const Index i : indices) {
      some.insert(some.end(), of(i).begin(), of(i).end());
      starts.push_back(some.size());
    }
    return std::make_shared<SparseRows>(shape(), std::move(starts), std::move(some));
  }

  std::vector<Index> starts_;
  std::vector<Nonzero> nonzeros_;
};

}  // namespace tightrope
