#include "core/engine/shuffled_operator.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace tightrope {

namespace {

/// A loss of all measurements, for a part that numbers its own from 0 on.
class LossOfPart final : public Loss {
 public:
  LossOfPart(const Loss& loss, Index begin) : loss_(loss), begin_(begin) {}
  bool separable() const override { return loss_.separable(); }
  bool is_of_residuals() const override { return loss_.is_of_residuals(); }
  Real evaluate(Index first, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    return loss_.evaluate(begin_ + first, prediction, data, slope);
  }
  void curvature(Index first, std::span<const Real> prediction, std::span<const Real> data,
                 std::span<Real> curvature) const override {
    loss_.curvature(begin_ + first, prediction, data, curvature);
  }

 private:
  const Loss& loss_;
  Index begin_;
};

/// Numbers of another vector, without a copy.
Vec slice(const Vec& of, Index begin, Index count) {
  return Vec(const_cast<Real*>(of.memptr()) + begin, count, false, true);
}

class Shuffled final : public MeasurementOperator {
 public:
  Shuffled(const MeasurementOperator& whole, Index size, const Stream& stream)
      : MeasurementOperator(whole.shape(), whole.measurements()) {
    const Index m = measurements(), count = (m + size - 1) / size;
    // Fisher and Yates, of the batch of each measurement.
    std::vector<std::uint32_t> batch(m);
    for (Index i = 0; i < m; ++i) batch[i] = static_cast<std::uint32_t>(i / size);
    constexpr Index most = 1024;
    Real uniform[most];
    for (Index i = 0; i < m; ++i) {
      if (i % most == 0) stream.fill_uniform(i, {uniform, std::min(most, m - i)});
      std::swap(batch[i], batch[std::min(i, static_cast<Index>(uniform[i % most] * static_cast<Real>(i + 1)))]);
    }
    std::vector<std::vector<Index>> indices(count);
    for (std::vector<Index>& of_batch : indices) of_batch.reserve(size);
    for (Index i = 0; i < m; ++i) indices[batch[i]].push_back(i);
    if (const Vec* const data = whole.own_data()) {
      data_.set_size(m);
      Index to = 0;
      for (const std::vector<Index>& of_batch : indices)
        for (const Index i : of_batch) data_[to++] = (*data)[i];
      has_data_ = true;
    }
    Index begin = 0;
    for (std::vector<Index>& of_batch : indices) {
      parts_.push_back({begin, whole.restricted(of_batch)});
      begin += of_batch.size();
      of_batch = {};
    }
  }

  std::uint64_t bytes() const override {
    std::uint64_t sum = 0;
    for (const Part& part : parts_) sum += part.op->bytes();
    return sum;
  }
  bool predictions_are_optional() const override { return parts_.front().op->predictions_are_optional(); }
  const Vec* own_data() const override { return has_data_ ? &data_ : nullptr; }
  std::vector<MatrixEntry> entries() const override {
    std::vector<MatrixEntry> all;
    all.reserve(measurements());
    for (const Part& part : parts_) {
      const std::vector<MatrixEntry> some = part.op->entries();
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }

 private:
  struct Part {
    Index begin;
    std::shared_ptr<const MeasurementOperator> op;
    Index end() const { return begin + op->measurements(); }
  };

  /// work(part, its wanted rows, where these begin among the wanted ones)
  template <class Work>
  void for_each_part(Rows wanted, const Work& work) const {
    for (const Part& part : parts_) {
      const Index first = std::max(wanted.first, part.begin), end = std::min(wanted.end(), part.end());
      if (first < end) work(part, Rows{first - part.begin, end - first}, first - wanted.first);
    }
  }
  Rows all() const { return {0, measurements()}; }

  void do_forward(const Mat& X, Vec& z) const override {
    Vec some;
    for (const Part& part : parts_) {
      part.op->forward(X, some);
      std::copy(some.begin(), some.end(), z.begin() + static_cast<long>(part.begin));
    }
  }
  void do_adjoint(const Vec& z, Mat& G) const override {
    Mat some;
    G.zeros();
    for (const Part& part : parts_) {
      part.op->adjoint(slice(z, part.begin, part.op->measurements()), some);
      G += some;
    }
  }
  void do_forward(const LowRank& X, Vec& z) const override { do_forward(X, all(), z); }
  void do_forward(const LowRank& X, Rows wanted, Vec& z) const override {
    Vec some;
    for_each_part(wanted, [&](const Part& part, Rows rows, Index at) {
      part.op->forward(X, rows, some);
      std::copy(some.begin(), some.end(), z.begin() + static_cast<long>(at));
    });
  }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override {
    Mat some;
    C.zeros();
    for (const Part& part : parts_) {
      part.op->adjoint_times(slice(z, part.begin, part.op->measurements()), B, some);
      C += some;
    }
  }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override {
    Mat some;
    C.zeros();
    for (const Part& part : parts_) {
      part.op->adjoint_transposed_times(slice(z, part.begin, part.op->measurements()), B, some);
      C += some;
    }
  }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    if (wanted.left) do_adjoint_times(z, X.right, gradient.left);
    if (wanted.right) do_adjoint_transposed_times(z, X.left, gradient.right);
  }

  /// Lanes one after another, like the parts: entries are not shared either.
  void do_evaluate(std::span<Evaluation> lanes, Rows wanted) const override {
    for (Evaluation& lane : lanes) {
      const bool to_left = lane.gradient && lane.wanted.left, to_right = lane.gradient && lane.wanted.right;
      LowRank gradient;
      bool is_first = true;
      lane.value = 0;
      for_each_part(wanted, [&](const Part& part, Rows rows, Index at) {
        const Vec data = slice(*lane.data, at, rows.count);
        const LossOfPart loss(*lane.loss, part.begin);
        Vec prediction;
        Evaluation own = lane;
        own.data = &data;
        own.loss = &loss;
        own.prediction = lane.prediction ? &prediction : nullptr;
        own.gradient = lane.gradient ? (is_first ? lane.gradient : &gradient) : nullptr;
        part.op->evaluate({&own, 1}, rows);
        lane.value += own.value;
        if (lane.prediction)
          std::copy(prediction.begin(), prediction.end(), lane.prediction->begin() + static_cast<long>(at));
        if (!is_first && to_left) lane.gradient->left += gradient.left;
        if (!is_first && to_right) lane.gradient->right += gradient.right;
        is_first = false;
      });
    }
  }

  std::vector<Part> parts_;
  Vec data_;
  bool has_data_ = false;
};

}  // namespace

std::shared_ptr<const MeasurementOperator> shuffled(std::shared_ptr<const MeasurementOperator> whole, Index size,
                                                    const Stream& stream) {
  return std::make_shared<const Shuffled>(*whole, size, stream);
}

}  // namespace tightrope
