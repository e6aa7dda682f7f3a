#include "core/engine/objectives/sensing_objective.hpp"

#include <fmt/format.h>

#include "core/engine/attribute_errors.hpp"

namespace tightrope {

SensingObjective::SensingObjective(std::shared_ptr<const SensingProblem> problem, std::shared_ptr<const Loss> loss,
                                   std::shared_ptr<const FactorizationModel> model, SensingNames names,
                                   SensingExtras extras)
    : problem_(std::move(problem)),
      loss_(std::move(loss)),
      model_(CheckedModel::of(std::move(model), problem_->shape, names.model)),
      names_(std::move(names)),
      extras_(std::move(extras)),
      weight_(extras_.batches ? static_cast<Real>(extras_.batches->count()) : 1),
      sensing_(problem_, std::make_shared<SharedAdjoint>(), counters_) {
  sensing_.complete(loss_, model_, names_.pass, weight_);
}

Rows SensingObjective::rows_of(Index iteration) const {
  return extras_.batches ? extras_.batches->rows_of(iteration) : Rows::all().within(problem_->op->measurements());
}

Real SensingObjective::scale(const Iterate& start) const {
  const Vec& data = problem_->data_of(start.rows);
  return weight_ * arma::dot(data, data) / 2;
}

Real SensingObjective::value(const Factors& point, Rows wanted) {
  const Rows rows = wanted.within(problem_->op->measurements());
  model_->expand(point, X_);
  Evaluation evaluation{&X_, &problem_->data_of(rows), loss_.get(), {}, 0, &prediction_};
  attribute_errors_to(names_.pass, [&] { problem_->op->evaluate({&evaluation, 1}, rows); });
  count_evaluation(counters_, *problem_->op, rows, evaluation);
  return weight_ * evaluation.value + model_->add_penalty(point, Blocks::all(), nullptr);
}

void SensingObjective::predict(const LowRank& X, Rows rows, Vec& z) {
  attribute_errors_to(names_.pass, [&] { problem_->op->forward(X, rows, z); });
  ++counters_.watched;
}

void SensingObjective::perturb(const Iterate& at, Sides wanted) {
  const Mat E = attribute_errors_to(names_.perturbation, [&] { return extras_.perturbation->matrix(at.iteration); });
  if (E.n_rows != problem_->shape.rows || E.n_cols != problem_->shape.cols)
    throw PluginFailure(names_.perturbation, fmt::format("it gave a {} × {} matrix instead of {} × {}", E.n_rows,
                                                         E.n_cols, problem_->shape.rows, problem_->shape.cols));
  if (wanted.left) gradient_of_X_.left += E * at.X.right;
  if (wanted.right) gradient_of_X_.right += E.t() * at.X.left;
}

void SensingObjective::evaluate_together(std::span<Request> requests) {
  const Rows rows = requests.front().at->rows.within(problem_->op->measurements());
  const Vec& data = problem_->data_of(rows);
  evaluations_.clear();
  for (const Request& request : requests) {
    auto& lane = static_cast<SensingObjective&>(*request.objective);
    Iterate& at = *request.at;
    lane.model_->expand(at.point, at.X);
    const Vec& own_data = lane.problem_ == problem_ ? data : lane.problem_->data_of(rows);
    evaluations_.push_back({&at.X, &own_data, lane.loss_.get(), lane.model_->sides(request.wanted), 0, &at.prediction,
                            request.wanted.any_of(at.point.size()) ? &lane.gradient_of_X_ : nullptr});
  }
  attribute_errors_to(names_.pass, [&] { problem_->op->evaluate(evaluations_, rows); });
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto& lane = static_cast<SensingObjective&>(*requests[i].objective);
    const Evaluation& evaluation = evaluations_[i];
    Iterate& at = *requests[i].at;
    at.rows = rows;
    at.known = requests[i].wanted;
    if (evaluation.gradient) {
      if (lane.weight_ != 1) {
        lane.gradient_of_X_.left *= lane.weight_;
        lane.gradient_of_X_.right *= lane.weight_;
      }
      if (lane.extras_.perturbation) lane.perturb(at, evaluation.wanted);
      lane.model_->pull_back(at.point, lane.gradient_of_X_, requests[i].wanted, at.gradient);
    } else {
      assign_zeros_like(at.gradient, at.point);
    }
    at.value = lane.weight_ * evaluation.value + lane.model_->add_penalty(at.point, requests[i].wanted, &at.gradient);
    count_evaluation(lane.counters_, *problem_->op, rows, evaluation);
  }
}

}  // namespace tightrope
