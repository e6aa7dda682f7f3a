#include "core/operators/entry_operator.hpp"

#include <algorithm>

namespace tightrope {

namespace {

constexpr Index block = Index{1} << 20U;  // measurements whose slopes are kept at a time

}  // namespace

EntryOperator::EntryOperator(Shape of_shape, std::vector<Index> places, Real factor)
    : MeasurementOperator(of_shape, places.size()), places_(std::move(places)), factor_(factor) {}

std::vector<MatrixEntry> EntryOperator::entries() const {
  std::vector<MatrixEntry> all(measurements());
  for (Index i = 0; i < measurements(); ++i) all[i] = {row(i), column(i)};
  return all;
}

std::vector<Index> EntryOperator::by_rows(const std::vector<Index>& places, Shape shape) {
  std::vector<Index> next(shape.rows + 1, 0), ordered(places.size());
  for (const Index place : places) ++next[place % shape.rows + 1];
  for (Index i = 0; i < shape.rows; ++i) next[i + 1] += next[i];
  for (const Index place : places) ordered[next[place % shape.rows]++] = place;
  return ordered;
}

void EntryOperator::do_forward(const Mat& X, Vec& z) const {
  for (Index i = 0; i < measurements(); ++i) z[i] = factor_ * X[places_[i]];
}

void EntryOperator::do_adjoint(const Vec& z, Mat& G) const {
  G.zeros();
  for (Index i = 0; i < measurements(); ++i) G[places_[i]] = factor_ * z[i];
}

/// left, right: one column for each row of the factors, so that inner products are contiguous.
void EntryOperator::predict(const Mat& left, const Mat& right, Rows wanted, Real* z) const {
  for (Index i = wanted.first; i < wanted.end(); ++i)
    z[i - wanted.first] = factor_ * arma::dot(left.col(row(i)), right.col(column(i)));
}

/// to += the columns of A*(z) B, or of A*(z)ᵀ B, that measurements first, first + 1, … reach; all of them transposed.
void EntryOperator::scatter(const Vec& z, Index first, const Mat& from, bool transposed, Mat& to) const {
  for (Index i = first; i < first + z.n_elem; ++i)
    to.col(transposed ? column(i) : row(i)) += (factor_ * z[i - first]) * from.col(transposed ? row(i) : column(i));
}

void EntryOperator::do_forward(const LowRank& X, Vec& z) const { do_forward(X, Rows{0, measurements()}, z); }

void EntryOperator::do_forward(const LowRank& X, Rows wanted, Vec& z) const {
  predict(X.left.t(), X.right.t(), wanted, z.memptr());
}

void EntryOperator::do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const {
  Mat to(B.n_cols, rows(), arma::fill::zeros);
  scatter(z, 0, B.t(), false, to);
  C = to.t();
}

void EntryOperator::do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const {
  Mat to(B.n_cols, cols(), arma::fill::zeros);
  scatter(z, 0, B.t(), true, to);
  C = to.t();
}

void EntryOperator::do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const {
  if (wanted.left) do_adjoint_times(z, X.right, gradient.left);
  if (wanted.right) do_adjoint_transposed_times(z, X.left, gradient.right);
}

void EntryOperator::do_evaluate(std::span<Evaluation> lanes, Rows wanted) const {
  Vec slope;
  for (Evaluation& lane : lanes) {
    const bool to_left = lane.gradient && lane.wanted.left, to_right = lane.gradient && lane.wanted.right;
    const Mat left = lane.at->left.t(), right = lane.at->right.t();
    const Mat along_left = to_right ? Mat(lane.sides().left.t()) : Mat(),
              along_right = to_left ? Mat(lane.sides().right.t()) : Mat();
    Mat of_left, of_right;
    if (to_left) of_left.zeros(along_right.n_rows, rows());
    if (to_right) of_right.zeros(along_left.n_rows, cols());
    lane.value = 0;
    for (Index done = 0; done < wanted.count; done += block) {
      const Rows some{wanted.first + done, std::min(block, wanted.count - done)};
      Real* const z = lane.prediction->memptr() + done;
      predict(left, right, some, z);
      slope.set_size(some.count);
      lane.value += lane.loss->evaluate(some.first, {z, some.count}, {lane.data->memptr() + done, some.count},
                                        {slope.memptr(), some.count});
      if (to_left) scatter(slope, some.first, along_right, false, of_left);
      if (to_right) scatter(slope, some.first, along_left, true, of_right);
    }
    if (to_left) lane.gradient->left = of_left.t();
    if (to_right) lane.gradient->right = of_right.t();
  }
}

}  // namespace tightrope
