#include "core/engine/data/hold_out.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tightrope {

namespace {

class TrainingLoss final : public Loss {
 public:
  TrainingLoss(std::shared_ptr<const Loss> loss, HeldOut held_out, Index measurements)
      : loss_(std::move(loss)),
        held_out_(std::move(held_out)),
        weight_(static_cast<Real>(measurements) / static_cast<Real>(measurements - held_out_->size())) {}

  bool separable() const override { return loss_->separable(); }
  Real weight() const { return weight_; }

  Real evaluate(Index first, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    if (!separable()) return evaluate_whole(first, prediction, data, slope);
    Real value = 0;
    for_each_run(first, slope.size(), slope, [&](std::size_t begin, std::size_t count) {
      value += loss_->evaluate(first + begin, prediction.subspan(begin, count), data.subspan(begin, count),
                               slope.subspan(begin, count));
    });
    for (Real& s : slope) s *= weight_;
    return weight_ * value;
  }
  void curvature(Index first, std::span<const Real> prediction, std::span<const Real> data,
                 std::span<Real> curvature) const override {
    if (curvature.empty()) return loss_->curvature(first, prediction, data, curvature);
    for_each_run(first, curvature.size(), curvature, [&](std::size_t begin, std::size_t count) {
      loss_->curvature(first + begin, prediction.subspan(begin, count), data.subspan(begin, count),
                       curvature.subspan(begin, count));
    });
    for (Real& c : curvature) c *= weight_;
  }

 private:
  /// work(begin, count) for every run of measurements between two that are held out; those get 0.
  template <class Work>
  void for_each_run(Index first, std::size_t size, std::span<Real> out, const Work& work) const {
    auto next = std::lower_bound(held_out_->begin(), held_out_->end(), first);
    for (std::size_t begin = 0; begin < size;) {
      const std::size_t end = next == held_out_->end() ? size : std::min<std::size_t>(size, *next - first);
      if (end > begin) work(begin, end - begin);
      if (end < size) {
        out[end] = 0;
        ++next;
      }
      begin = end + 1;
    }
  }

  Real evaluate_whole(Index first, std::span<const Real> prediction, std::span<const Real> data,
                      std::span<Real> slope) const {
    std::vector<Real> kept_prediction, kept_data;
    for_each_run(first, slope.size(), slope, [&](std::size_t begin, std::size_t count) {
      kept_prediction.insert(kept_prediction.end(), &prediction[begin], &prediction[begin] + count);
      kept_data.insert(kept_data.end(), &data[begin], &data[begin] + count);
    });
    std::vector<Real> kept_slope(kept_data.size());
    const Real value = loss_->evaluate(0, kept_prediction, kept_data, kept_slope);
    std::size_t done = 0;
    for_each_run(first, slope.size(), slope, [&](std::size_t begin, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) slope[begin + i] = weight_ * kept_slope[done++];
    });
    return weight_ * value;
  }

  std::shared_ptr<const Loss> loss_;
  HeldOut held_out_;
  Real weight_;
};

/// Σ (z_i − y_i)². Nobody asks for its slopes.
class Squares final : public Loss {
 public:
  Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data, std::span<Real>) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < data.size(); ++i) sum += (prediction[i] - data[i]) * (prediction[i] - data[i]);
    return sum;
  }
};

class ValidationError final : public Observer {
 public:
  ValidationError(HeldOut held_out, const SensingProblem& problem, std::shared_ptr<Objective> counted,
                  bool root_mean_squares)
      : op_(*problem.op),
        counted_(std::move(counted)),
        root_mean_squares_(root_mean_squares),
        held_out_(std::move(held_out)),
        norm_(0) {
    for (const Index i : *held_out_) norm_ = std::hypot(norm_, problem.data[i]);
    if (op_.predictions_are_optional()) part_ = op_.restricted(*held_out_);
  }
  std::vector<Column> columns() const override {
    std::vector<Column> columns{
        {"validation_error", "‖A(X) − y‖/‖y‖ over the measurements that are held out", 45, true}};
    if (root_mean_squares_) {
      columns.push_back({"train_rmse", "‖A(X) − y‖/√m over the m measurements that are learnt from", 46, true});
      columns.push_back({"test_rmse", "‖A(X) − y‖/√m over the m measurements that are held out", 47, true});
    }
    return columns;
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    Vec some;
    if (part_) {
      part_->forward(seen.X, some);
      count();
    }
    const Vec& z = part_ ? some : seen.prediction();
    Real sum = 0;
    for (Index j = 0; j < held_out_->size(); ++j) {
      const Index i = (*held_out_)[j];
      const Real residual = z[part_ ? j : i] - (*seen.data)[i];
      sum += residual * residual;
    }
    if (norm_ > 0) values[0] = std::sqrt(sum) / norm_;
    if (!root_mean_squares_) return;
    const Index m = op_.measurements();
    values[1] = std::sqrt(training_squares(seen) / static_cast<Real>(m - held_out_->size()));
    values[2] = std::sqrt(sum / static_cast<Real>(held_out_->size()));
  }

 private:
  void count() const {
    Counters counters = counted_->counters();
    ++counters.watched;
    counted_->restore(counters);
  }
  /// Σ (z_i − y_i)² over what is not held out; where a pass need not write predictions, in one that does not.
  Real training_squares(const Snapshot& seen) const {
    const Index m = op_.measurements();
    const TrainingLoss squares(std::make_shared<const Squares>(), held_out_, m);
    Evaluation pass{&seen.X, seen.data, &squares, {false, false}};
    if (part_) {
      op_.evaluate({&pass, 1});
      count();
    } else {
      std::vector<Real> slope(m);
      const Vec& z = seen.prediction();
      pass.value = squares.evaluate(0, {z.memptr(), m}, {seen.data->memptr(), m}, slope);
    }
    return pass.value / squares.weight();
  }

  const MeasurementOperator& op_;
  std::shared_ptr<Objective> counted_;
  bool root_mean_squares_;
  HeldOut held_out_;
  Real norm_;
  std::shared_ptr<const MeasurementOperator> part_;  // those alone, where a pass need not predict all
};

}  // namespace

HeldOut held_out_rows(Index measurements, Real fraction, const Stream& stream) {
  const auto count = static_cast<Index>(std::round(fraction * static_cast<Real>(measurements)));
  if (count == 0 || count >= measurements)
    throw Unsuitable(fmt::format("of {} measurements would hold out {}", measurements, count));
  return std::make_shared<const std::vector<Index>>(stream.sample(measurements, count));
}

std::shared_ptr<const Loss> training_loss(std::shared_ptr<const Loss> loss, HeldOut held_out, Index measurements) {
  return std::make_shared<const TrainingLoss>(std::move(loss), std::move(held_out), measurements);
}

Vec training_data(const Vec& data, const HeldOut& held_out) {
  Vec kept = data * (static_cast<Real>(data.n_elem) / static_cast<Real>(data.n_elem - held_out->size()));
  for (const Index i : *held_out) kept[i] = 0;
  return kept;
}

std::shared_ptr<const Observer> validation_error(HeldOut held_out, const SensingProblem& problem,
                                                 std::shared_ptr<Objective> counted, bool root_mean_squares) {
  return std::make_shared<const ValidationError>(std::move(held_out), problem, std::move(counted), root_mean_squares);
}

}  // namespace tightrope
