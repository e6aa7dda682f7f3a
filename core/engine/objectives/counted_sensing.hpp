// The operator of a problem, as counted for one run.
#pragma once

#include <memory>
#include <string>

#include "core/engine/data/sensing_problem.hpp"
#include "core/engine/objectives/checked_model.hpp"
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

/// Counts for one run, in counters that outlive it. What a run is charged does not depend on whether others have formed
/// an A*(z) before.
class CountedSensing final : public Sensing {
 public:
  CountedSensing(std::shared_ptr<const SensingProblem> problem, std::shared_ptr<SharedAdjoint> shared,
                 Counters& counters);
  /// From now on there are a loss and a model. `pass_name` stands for operator and loss in messages, and derivatives of
  /// the loss are multiplied by `weight`.
  void complete(std::shared_ptr<const Loss> loss, std::shared_ptr<const CheckedModel> model, std::string pass_name,
                Real weight = 1);

  Shape shape() const override { return problem_->op->shape(); }
  Index measurements() const override { return problem_->op->measurements(); }
  const FactorizationModel& model() const override;
  const Vec& prediction(const Iterate& at) override;
  void forward(const LowRank& X, Vec& z) override;
  Real slope(const Vec& z, Vec& s) override;
  void adjoint_times(const Vec& z, const Mat& B, Mat& C) override;
  void adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) override;
  void jacobian_times(const Iterate& at, const Factors& d, Vec& z) override;
  void jacobian_transposed_times(const Iterate& at, const Vec& z, Blocks wanted, Factors& g) override;
  void curvature_times(const Iterate& at, const Factors& d, Blocks wanted, Factors& Hd) override;

  const Counters& counters() const { return counters_; }
  /// Bytes that were read for this run alone: all but those of shared passes.
  std::uint64_t own_bytes() const { return counters_.bytes - shared_bytes_; }
  bool used_shared() const { return charged_ != nullptr; }

 private:
  void count_adjoint();
  const Mat& formed(const Vec& z);
  const Loss& loss() const;

  std::shared_ptr<const SensingProblem> problem_;
  std::shared_ptr<SharedAdjoint> shared_;
  Counters& counters_;
  std::shared_ptr<const Loss> loss_;
  std::shared_ptr<const CheckedModel> model_;
  std::string pass_name_ = "the operator";
  Real weight_ = 1;
  std::uint64_t shared_bytes_ = 0;
  std::unique_ptr<const Vec> charged_;  // the z whose A*(z) this run has paid for
  // Reused: no allocation in steady state.
  LowRank dX_, gradient_of_X_;
  Vec z_, curvature_;
  LowRank predicted_at_;  // X of the predictions below, over their rows
  Rows predicted_rows_;
  Vec predicted_;
};

/// Adds to the counters `reads` readings of some rows of an operator.
void count_rows(Counters& counters, const MeasurementOperator& op, Rows rows, Index reads);
/// The same of an evaluation: what reads the rows once and gives a gradient, too, is fused.
void count_evaluation(Counters& counters, const MeasurementOperator& op, Rows rows, const Evaluation& evaluation);

}  // namespace tightrope
