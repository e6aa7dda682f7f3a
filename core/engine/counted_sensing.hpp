// The operator of a problem, as counted for one run before it starts.
#pragma once

#include <memory>

#include "core/engine/problem.hpp"
#include "core/interfaces/objective.hpp"

namespace tightrope {

/// A*(z) of the problem's dense operator for the z last asked for: runs of one problem that all need A*(y), say, form
/// it once. For one thread.
class SharedAdjoint {
 public:
  const Mat& of(const MeasurementOperator& op, const Vec& z);
  Real seconds() const { return seconds_; }       // of forming, so far
  std::uint64_t bytes() const { return bytes_; }  // read for it

 private:
  bool formed_ = false;
  Vec z_;
  Mat G_;
  Real seconds_ = 0;
  std::uint64_t bytes_ = 0;
};

/// Counts for one run. What a run is charged does not depend on whether others have formed an A*(z) before.
class CountedSensing final : public Sensing {
 public:
  CountedSensing(std::shared_ptr<const SensingProblem> problem, std::shared_ptr<SharedAdjoint> shared)
      : problem_(std::move(problem)), shared_(std::move(shared)) {}

  Shape shape() const override { return problem_->op->shape(); }
  Index measurements() const override { return problem_->op->measurements(); }
  void forward(const LowRank& X, Vec& z) override;
  void adjoint_times(const Vec& z, const Mat& B, Mat& C) override;
  void adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) override;

  const Counters& counters() const { return counters_; }
  /// Bytes that were read for this run alone: all but those of shared passes.
  std::uint64_t own_bytes() const { return counters_.bytes - shared_bytes_; }
  bool used_shared() const { return charged_ != nullptr; }

 private:
  void count_adjoint();
  const Mat& formed(const Vec& z);

  std::shared_ptr<const SensingProblem> problem_;
  std::shared_ptr<SharedAdjoint> shared_;
  Counters counters_;
  std::uint64_t shared_bytes_ = 0;
  std::unique_ptr<const Vec> charged_;  // the z whose A*(z) this run has paid for
};

}  // namespace tightrope
