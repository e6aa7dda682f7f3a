#include "core/engine/objectives/counted_sensing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>

#include "core/engine/attribute_errors.hpp"

namespace tightrope {

namespace {

/// A start is made of these products.
void check(const Mat& product) {
  if (!product.is_finite()) throw Unsuitable("needs products with A* that are finite numbers, but they overflow");
}

bool have_equal_bits(const Mat& A, const Mat& B) {
  return A.n_rows == B.n_rows && A.n_cols == B.n_cols &&
         std::memcmp(A.memptr(), B.memptr(), A.n_elem * sizeof(Real)) == 0;
}

bool are_equal(const Vec& a, const Vec& b) { return a.n_elem == b.n_elem && std::equal(a.begin(), a.end(), b.begin()); }

/// Its slope is ℓ″ times the prediction: the quadratic model of a loss.
class Curved final : public Loss {
 public:
  Curved(Index first, const Vec& curvature) : first_(first), curvature_(curvature) {}
  Real evaluate(Index first, std::span<const Real> prediction, std::span<const Real>,
                std::span<Real> slope) const override {
    for (std::size_t i = 0; i < slope.size(); ++i) slope[i] = curvature_[first - first_ + i] * prediction[i];
    return 0;
  }

 private:
  Index first_;
  const Vec& curvature_;
};

}  // namespace

const Mat& SharedAdjoint::of(const MeasurementOperator& op, const Vec& z) {
  if (formed_ && are_equal(z_, z)) return G_;
  const auto start = std::chrono::steady_clock::now();
  formed_ = false;
  op.adjoint(z, G_);
  z_ = z;
  formed_ = true;
  seconds_ += std::chrono::duration<Real>(std::chrono::steady_clock::now() - start).count();
  bytes_ += op.bytes();
  return G_;
}

void count_rows(Counters& counters, const MeasurementOperator& op, Rows rows, Index reads) {
  counters.measurements = op.measurements();
  counters.rows += reads * rows.count;
  counters.bytes += reads * (rows.count == op.measurements()
                                 ? op.bytes()
                                 : static_cast<std::uint64_t>(static_cast<long double>(op.bytes()) *
                                                              static_cast<long double>(rows.count) /
                                                              static_cast<long double>(op.measurements())));
}

void count_evaluation(Counters& counters, const MeasurementOperator& op, Rows rows, const Evaluation& evaluation) {
  if (evaluation.gradient && evaluation.reads == 1) {
    ++counters.fused;
  } else {
    ++counters.forwards;
    if (evaluation.gradient) ++counters.adjoints;
  }
  count_rows(counters, op, rows, evaluation.reads);
}

CountedSensing::CountedSensing(std::shared_ptr<const SensingProblem> problem, std::shared_ptr<SharedAdjoint> shared,
                               Counters& counters)
    : problem_(std::move(problem)), shared_(std::move(shared)), counters_(counters) {}

void CountedSensing::complete(std::shared_ptr<const Loss> loss, std::shared_ptr<const CheckedModel> model,
                              std::string pass_name, Real weight) {
  loss_ = std::move(loss);
  model_ = std::move(model);
  pass_name_ = std::move(pass_name);
  weight_ = weight;
}

const FactorizationModel& CountedSensing::model() const {
  if (!model_) throw Unsuitable("needs a factorization model, which is not made yet");
  return *model_;
}

const Loss& CountedSensing::loss() const {
  if (!loss_) throw Unsuitable("needs a loss, which is not made yet");
  return *loss_;
}

void CountedSensing::count_adjoint() {
  ++counters_.adjoints;
  count_rows(counters_, *problem_->op, Rows::all().within(measurements()), 1);
}

const Mat& CountedSensing::formed(const Vec& z) {
  const Mat& G = shared_->of(*problem_->op, z);
  if (!charged_ || !are_equal(*charged_, z)) {
    count_adjoint();
    shared_bytes_ += problem_->op->bytes();
    charged_ = std::make_unique<const Vec>(z);
  }
  return G;
}

const Vec& CountedSensing::prediction(const Iterate& at) {
  const Rows rows = at.rows.within(measurements());
  if (at.prediction.n_elem == rows.count) return at.prediction;
  const bool is_known = predicted_.n_elem == rows.count && predicted_rows_ == rows &&
                        have_equal_bits(predicted_at_.left, at.X.left) &&
                        have_equal_bits(predicted_at_.right, at.X.right);
  if (is_known) return predicted_;
  attribute_errors_to(pass_name_, "forward", [&] { problem_->op->forward(at.X, rows, predicted_); });
  predicted_at_ = at.X;
  predicted_rows_ = rows;
  ++counters_.forwards;
  count_rows(counters_, *problem_->op, rows, 1);
  return predicted_;
}

void CountedSensing::forward(const LowRank& X, Vec& z) {
  attribute_errors_to(pass_name_, "forward", [&] { problem_->op->forward(X, z); });
  ++counters_.forwards;
  count_rows(counters_, *problem_->op, Rows::all().within(measurements()), 1);
}

Real CountedSensing::slope(const Vec& z, Vec& s) {
  const Vec& y = problem_->data_of(Rows::all());
  if (z.n_elem != y.n_elem)
    throw std::logic_error(fmt::format("Sensing::slope: {} predictions for {} measurements", z.n_elem, y.n_elem));
  s.set_size(z.n_elem);
  return attribute_errors_to(pass_name_, "evaluate", [&] {
    return loss().evaluate(0, {z.memptr(), z.n_elem}, {y.memptr(), y.n_elem}, {s.memptr(), s.n_elem});
  });
}

void CountedSensing::adjoint_times(const Vec& z, const Mat& B, Mat& C) {
  if (problem_->op->is_dense()) {
    C = formed(z) * B;
    return check(C);
  }
  attribute_errors_to(pass_name_, "adjoint_times", [&] { problem_->op->adjoint_times(z, B, C); });
  count_adjoint();
  check(C);
}

void CountedSensing::adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) {
  if (problem_->op->is_dense()) {
    C = formed(z).t() * B;
    return check(C);
  }
  attribute_errors_to(pass_name_, "adjoint_transposed_times", [&] { problem_->op->adjoint_transposed_times(z, B, C); });
  count_adjoint();
  check(C);
}

void CountedSensing::jacobian_times(const Iterate& at, const Factors& d, Vec& z) {
  const Rows rows = at.rows.within(measurements());
  model().push_forward(at.point, d, dX_);
  attribute_errors_to(pass_name_, "forward", [&] { problem_->op->forward(dX_, rows, z); });
  ++counters_.forwards;
  count_rows(counters_, *problem_->op, rows, 1);
}

void CountedSensing::jacobian_transposed_times(const Iterate& at, const Vec& z, Blocks wanted, Factors& g) {
  const Rows rows = at.rows.within(measurements());
  const Vec* all = &z;
  if (rows.count < measurements()) {
    z_.zeros(measurements());
    std::copy(z.begin(), z.end(), z_.begin() + rows.first);
    all = &z_;
  }
  attribute_errors_to(pass_name_, "pull_back",
                      [&] { problem_->op->pull_back(*all, at.X, gradient_of_X_, model().sides(wanted)); });
  model().pull_back(at.point, gradient_of_X_, wanted, g);
  ++counters_.adjoints;
  count_rows(counters_, *problem_->op, rows, 1);
}

void CountedSensing::curvature_times(const Iterate& at, const Factors& d, Blocks wanted, Factors& Hd) {
  const Rows rows = at.rows.within(measurements());
  const Vec& y = problem_->data_of(rows);
  curvature_.set_size(rows.count);
  const Vec& z = prediction(at);
  loss().curvature(rows.first, {z.memptr(), z.n_elem}, {y.memptr(), y.n_elem},
                   {curvature_.memptr(), curvature_.n_elem});
  if (weight_ != 1) curvature_ *= weight_;
  model().push_forward(at.point, d, dX_);
  const Curved curved(rows.first, curvature_);
  Evaluation evaluation{&dX_, &y, &curved, model().sides(wanted), 0, &z_, &gradient_of_X_, &at.X};
  attribute_errors_to(pass_name_, "evaluate", [&] { problem_->op->evaluate({&evaluation, 1}, rows); });
  model().pull_back(at.point, gradient_of_X_, wanted, Hd);
  count_evaluation(counters_, *problem_->op, rows, evaluation);
}

}  // namespace tightrope
