// f(p) = ℓ(A(X(p)); y) + penalty(p): the objective of low-rank recovery, one per lane.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/engine/checked_model.hpp"
#include "core/engine/problem.hpp"
#include "core/interfaces/objective.hpp"

namespace tightrope {

/// What the parts are called in messages, should they throw.
struct SensingNames {
  std::string pass = "the operator or the loss", model = "the model";
};

class SensingObjective final : public Objective {
 public:
  SensingObjective(std::shared_ptr<const SensingProblem> problem, std::shared_ptr<const Loss> loss,
                   std::shared_ptr<const FactorizationModel> model, SensingNames names = {});

  const FactorizationModel& model() const override { return *model_; }
  Real value(const Factors& point) override;
  const void* partner() const override { return problem_->op.get(); }
  void evaluate_together(std::span<Request> requests) override;

 private:
  std::shared_ptr<const SensingProblem> problem_;
  std::shared_ptr<const Loss> loss_;
  std::shared_ptr<const CheckedModel> model_;
  std::string pass_name_;
  // Reused: no allocation in steady state.
  LowRank X_, gradient_of_X_;
  Vec prediction_;
  std::vector<Evaluation> evaluations_;  // of a round that this objective was asked to lead
};

}  // namespace tightrope
