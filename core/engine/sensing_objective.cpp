#include "core/engine/sensing_objective.hpp"

#include "core/engine/blame.hpp"

namespace tightrope {

SensingObjective::SensingObjective(std::shared_ptr<const SensingProblem> problem, std::shared_ptr<const Loss> loss,
                                   std::shared_ptr<const FactorizationModel> model, SensingNames names)
    : problem_(std::move(problem)),
      loss_(std::move(loss)),
      model_(CheckedModel::of(std::move(model), problem_->shape, std::move(names.model))),
      pass_name_(std::move(names.pass)) {}

Real SensingObjective::value(const Factors& point) {
  model_->expand(point, X_);
  Evaluation evaluation{&X_, &problem_->data, loss_.get(), {}, 0, &prediction_, nullptr};
  blame(pass_name_, [&] { problem_->op->evaluate({&evaluation, 1}); });
  ++counters_.forwards;
  counters_.bytes += problem_->op->bytes();
  return evaluation.value + model_->add_penalty(point, Blocks::all(), nullptr);
}

void SensingObjective::evaluate_together(std::span<Request> requests) {
  evaluations_.clear();
  for (const Request& request : requests) {
    auto& lane = static_cast<SensingObjective&>(*request.objective);
    Iterate& at = *request.at;
    lane.model_->expand(at.point, at.X);
    evaluations_.push_back({&at.X, &lane.problem_->data, lane.loss_.get(), lane.model_->sides(request.wanted), 0,
                            &at.prediction, &lane.gradient_of_X_});
  }
  blame(pass_name_, [&] { problem_->op->evaluate(evaluations_); });
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto& lane = static_cast<SensingObjective&>(*requests[i].objective);
    Iterate& at = *requests[i].at;
    lane.model_->pull_back(at.point, lane.gradient_of_X_, requests[i].wanted, at.gradient);
    at.value = evaluations_[i].value + lane.model_->add_penalty(at.point, requests[i].wanted, &at.gradient);
    if (lane.loss_->separable()) {
      ++lane.counters_.fused;
      lane.counters_.bytes += problem_->op->bytes();
    } else {
      ++lane.counters_.forwards;
      ++lane.counters_.adjoints;
      lane.counters_.bytes += 2 * problem_->op->bytes();
    }
  }
}

}  // namespace tightrope
