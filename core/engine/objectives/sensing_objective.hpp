// f(p) = ℓ(A(X(p)); y) + penalty(p): the objective of low-rank recovery, one per lane.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/data/batches.hpp"
#include "core/engine/objectives/counted_sensing.hpp"
#include "core/interfaces/perturbation.hpp"

namespace tightrope {

/// What the parts are called in messages, should they throw.
struct SensingNames {
  std::string pass = "the operator or the loss", model = "the model", perturbation = "the perturbation";
};

/// What a run may have besides problem, loss and model.
struct SensingExtras {
  std::optional<Batches> batches;
  std::shared_ptr<const Perturbation> perturbation;
};

class SensingObjective final : public Objective {
 public:
  SensingObjective(std::shared_ptr<const SensingProblem> problem, std::shared_ptr<const Loss> loss,
                   std::shared_ptr<const FactorizationModel> model, SensingNames names = {}, SensingExtras extras = {});

  const Space& space() const override { return *model_; }
  const FactorizationModel& model() const { return *model_; }
  Sensing* sensing() override { return &sensing_; }
  Real value(const Factors& point, Rows rows = Rows::all()) override;
  const void* batch_key() const override { return problem_->op.get(); }
  void evaluate_together(std::span<Request> requests) override;
  Rows rows_of(Index iteration) const override;
  Real scale(const Iterate& start) const override;
  void predict(const LowRank& X, Rows rows, Vec& z) override;

 private:
  /// Passes do not write predictions: whoever wants some asks for them.
  bool is_lean() const { return problem_->op->predictions_are_optional(); }
  void perturb(const Iterate& at, Sides wanted);

  std::shared_ptr<const SensingProblem> problem_;
  std::shared_ptr<const Loss> loss_;
  std::shared_ptr<const CheckedModel> model_;
  SensingNames names_;
  SensingExtras extras_;
  Real weight_;  // of the sum over a batch
  CountedSensing sensing_;
  // Reused: no allocation in steady state.
  LowRank X_, gradient_of_X_;
  Vec prediction_;
  std::vector<Evaluation> evaluations_;  // of a round that this objective was asked to lead
};

}  // namespace tightrope
