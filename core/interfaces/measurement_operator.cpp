#include "core/interfaces/measurement_operator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace tightrope {

namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::logic_error(std::string("MeasurementOperator: ") + what);
}

/// What an implementation hands back must have kept the size that it was given.
void check(const Mat& answer, Index rows, Index cols, const char* what) {
  if (answer.n_rows == rows && answer.n_cols == cols) return;
  throw std::logic_error(fmt::format("the operator gave {} as {} × {} instead of {} × {}", what, answer.n_rows,
                                     answer.n_cols, rows, cols));
}

/// A view of some of an operator's measurements, for operators that know no cheaper way.
class Restricted final : public MeasurementOperator {
 public:
  Restricted(std::shared_ptr<const MeasurementOperator> whole, std::vector<Index> indices)
      : MeasurementOperator(whole->shape(), indices.size()), whole_(std::move(whole)), indices_(std::move(indices)) {}

  bool is_dense() const override { return whole_->is_dense(); }
  std::uint64_t bytes() const override { return whole_->bytes(); }
  void dense_rows(Index first, Index count, Real* rows) const override {
    const Index entries = shape().entries();
    for (Index i = 0; i < count; ++i) whole_->dense_rows(indices_[first + i], 1, rows + i * entries);
  }

 private:
  Vec selected(const Vec& all) const {
    Vec some(indices_.size());
    for (Index i = 0; i < indices_.size(); ++i) some[i] = all[indices_[i]];
    return some;
  }
  Vec spread(const Vec& some) const {
    Vec all(whole_->measurements(), arma::fill::zeros);
    for (Index i = 0; i < indices_.size(); ++i) all[indices_[i]] = some[i];
    return all;
  }
  void do_forward(const Mat& X, Vec& z) const override {
    Vec all;
    whole_->forward(X, all);
    z = selected(all);
  }
  void do_forward(const LowRank& X, Vec& z) const override {
    Vec all;
    whole_->forward(X, all);
    z = selected(all);
  }
  void do_adjoint(const Vec& z, Mat& G) const override { whole_->adjoint(spread(z), G); }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override { whole_->adjoint_times(spread(z), B, C); }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override {
    whole_->adjoint_transposed_times(spread(z), B, C);
  }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    whole_->pull_back(spread(z), X, gradient, wanted);
  }

  std::shared_ptr<const MeasurementOperator> whole_;
  std::vector<Index> indices_;
};

}  // namespace

void MeasurementOperator::forward(const Mat& X, Vec& z) const {
  require(X.n_rows == rows() && X.n_cols == cols(), "forward: X has another shape");
  z.set_size(measurements());
  do_forward(X, z);
  check(z, measurements(), 1, "A(X)");
}

void MeasurementOperator::forward(const LowRank& X, Vec& z) const {
  require(X.shape() == shape() && X.left.n_cols == X.right.n_cols, "forward: X has another shape");
  z.set_size(measurements());
  do_forward(X, z);
  check(z, measurements(), 1, "A(X)");
}

void MeasurementOperator::forward(const LowRank& X, Rows wanted_rows, Vec& z) const {
  const Rows rows = wanted_rows.within(measurements());
  if (rows.count == measurements()) return forward(X, z);
  require(X.shape() == shape(), "forward: X has another shape");
  z.set_size(rows.count);
  do_forward(X, rows, z);
  check(z, rows.count, 1, "A(X)");
}

void MeasurementOperator::adjoint(const Vec& z, Mat& G) const {
  require(z.n_elem == measurements(), "adjoint: z has another length");
  G.set_size(rows(), cols());
  do_adjoint(z, G);
  check(G, rows(), cols(), "A*(z)");
}

void MeasurementOperator::adjoint_times(const Vec& z, const Mat& B, Mat& C) const {
  require(z.n_elem == measurements() && B.n_rows == cols(), "adjoint_times: z or B has another shape");
  C.set_size(rows(), B.n_cols);
  do_adjoint_times(z, B, C);
  check(C, rows(), B.n_cols, "A*(z) B");
}

void MeasurementOperator::adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const {
  require(z.n_elem == measurements() && B.n_rows == rows(), "adjoint_transposed_times: z or B has another shape");
  C.set_size(cols(), B.n_cols);
  do_adjoint_transposed_times(z, B, C);
  check(C, cols(), B.n_cols, "A*(z)ᵀ B");
}

void MeasurementOperator::pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const {
  require(z.n_elem == measurements() && X.shape() == shape(), "pull_back: z or X has another shape");
  if (wanted.left) gradient.left.set_size(rows(), X.rank());
  if (wanted.right) gradient.right.set_size(cols(), X.rank());
  if (wanted.left || wanted.right) do_pull_back(z, X, gradient, wanted);
  check_sides(gradient, X.rank(), wanted);
}

void MeasurementOperator::check_sides(const LowRank& gradient, Index rank, Sides wanted) const {
  if (wanted.left) check(gradient.left, rows(), rank, "A*(z) R");
  if (wanted.right) check(gradient.right, cols(), rank, "A*(z)ᵀ L");
}

void MeasurementOperator::check_answers(std::span<const Evaluation> lanes, Rows rows) const {
  for (const Evaluation& lane : lanes) {
    if (lane.prediction) check(*lane.prediction, rows.count, 1, "A(X)");
    if (lane.gradient) check_sides(*lane.gradient, lane.sides().rank(), lane.wanted);
  }
}

void MeasurementOperator::evaluate(std::span<Evaluation> lanes, Rows wanted_rows) const {
  const Rows rows = wanted_rows.within(measurements());
  bool all_separable = true;
  for (Evaluation& lane : lanes) {
    require(lane.at && lane.data && lane.loss && (lane.prediction || predictions_are_optional()),
            "evaluate: a lane is incomplete");
    require(lane.at->shape() == shape() && lane.sides().shape() == shape() && lane.data->n_elem == rows.count,
            "evaluate: a lane has another shape");
    if (lane.prediction) lane.prediction->set_size(rows.count);
    lane.reads = 1;
    if (lane.gradient && lane.wanted.left) lane.gradient->left.set_size(this->rows(), lane.sides().rank());
    if (lane.gradient && lane.wanted.right) lane.gradient->right.set_size(cols(), lane.sides().rank());
    all_separable = all_separable && lane.loss->separable();
  }
  if (all_separable) {
    do_evaluate(lanes, rows);
    return check_answers(lanes, rows);
  }
  std::vector<Evaluation> separable;
  for (Evaluation& lane : lanes) {
    if (lane.loss->separable())
      separable.push_back(lane);
    else
      evaluate_alone(lane, rows);
  }
  if (separable.empty()) return;
  do_evaluate(separable, rows);
  check_answers(separable, rows);
  auto done = separable.begin();
  for (Evaluation& lane : lanes)
    if (lane.loss->separable()) lane = *done++;
}

void MeasurementOperator::evaluate_alone(Evaluation& lane, Rows rows) const {
  Vec unwanted;
  Vec& prediction = lane.prediction ? *lane.prediction : unwanted;
  forward(*lane.at, rows, prediction);
  Vec slope(rows.count);
  lane.value = lane.loss->evaluate(rows.first, {prediction.memptr(), rows.count}, {lane.data->memptr(), rows.count},
                                   {slope.memptr(), rows.count});
  if (!lane.gradient) return;
  lane.reads = 2;
  if (rows.count < measurements()) {
    Vec all(measurements(), arma::fill::zeros);
    if (rows.count > 0) all.subvec(rows.first, rows.end() - 1) = slope;
    slope = std::move(all);
  }
  pull_back(slope, lane.sides(), *lane.gradient, lane.wanted);
}

std::shared_ptr<const MeasurementOperator> MeasurementOperator::restricted(const std::vector<Index>& indices) const {
  for (std::size_t i = 0; i < indices.size(); ++i)
    require(indices[i] < measurements() && (i == 0 || indices[i - 1] < indices[i]), "restricted: bad indices");
  auto part = do_restricted(indices);
  if (!part || part->shape() != shape() || part->measurements() != indices.size())
    throw std::logic_error("the operator gave a restriction of other sizes than those that were asked for");
  return part;
}

void MeasurementOperator::dense_rows(Index, Index, Real*) const {
  throw std::logic_error("MeasurementOperator: dense_rows of an operator that is not dense");
}

void MeasurementOperator::do_forward(const LowRank& X, Vec& z) const { do_forward(X.dense(), z); }

void MeasurementOperator::do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const {
  Mat G;
  adjoint(z, G);
  C = G * B;
}

void MeasurementOperator::do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const {
  Mat G;
  adjoint(z, G);
  C = G.t() * B;
}

void MeasurementOperator::do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const {
  Mat G;
  adjoint(z, G);
  if (wanted.left) gradient.left = G * X.right;
  if (wanted.right) gradient.right = G.t() * X.left;
}

void MeasurementOperator::do_evaluate(std::span<Evaluation> lanes, Rows rows) const {
  for (Evaluation& lane : lanes) evaluate_alone(lane, rows);
}

void MeasurementOperator::do_forward(const LowRank& X, Rows rows, Vec& z) const {
  Vec all;
  forward(X, all);
  std::copy_n(all.begin() + rows.first, rows.count, z.begin());
}

std::shared_ptr<const MeasurementOperator> MeasurementOperator::do_restricted(const std::vector<Index>& indices) const {
  return std::make_shared<Restricted>(shared_from_this(), indices);
}

}  // namespace tightrope
