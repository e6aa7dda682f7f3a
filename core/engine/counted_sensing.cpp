#include "core/engine/counted_sensing.hpp"

#include <algorithm>
#include <chrono>

namespace tightrope {

namespace {

/// A start is made of these products.
void check(const Mat& product) {
  if (!product.is_finite()) throw Unsuitable("needs products with A* that are finite numbers, but they overflow");
}

bool are_equal(const Vec& a, const Vec& b) { return a.n_elem == b.n_elem && std::equal(a.begin(), a.end(), b.begin()); }

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

void CountedSensing::count_adjoint() {
  ++counters_.adjoints;
  counters_.bytes += problem_->op->bytes();
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

void CountedSensing::forward(const LowRank& X, Vec& z) {
  problem_->op->forward(X, z);
  ++counters_.forwards;
  counters_.bytes += problem_->op->bytes();
}

void CountedSensing::adjoint_times(const Vec& z, const Mat& B, Mat& C) {
  if (problem_->op->is_dense()) {
    C = formed(z) * B;
    return check(C);
  }
  problem_->op->adjoint_times(z, B, C);
  count_adjoint();
  check(C);
}

void CountedSensing::adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) {
  if (problem_->op->is_dense()) {
    C = formed(z).t() * B;
    return check(C);
  }
  problem_->op->adjoint_transposed_times(z, B, C);
  count_adjoint();
  check(C);
}

}  // namespace tightrope
