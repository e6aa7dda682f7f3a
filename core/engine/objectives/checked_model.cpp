#include "core/engine/objectives/checked_model.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "core/engine/attribute_errors.hpp"

namespace tightrope {

std::shared_ptr<const CheckedModel> CheckedModel::of(std::shared_ptr<const FactorizationModel> model, Shape shape,
                                                     std::string name) {
  if (auto checked = std::dynamic_pointer_cast<const CheckedModel>(model)) return checked;
  return std::make_shared<const CheckedModel>(std::move(model), shape, std::move(name));
}

CheckedModel::CheckedModel(std::shared_ptr<const FactorizationModel> model, Shape shape, std::string name)
    : model_(std::move(model)),
      shape_(shape),
      name_(std::move(name)),
      blocks_(attribute_errors_to(name_, [&] { return model_->blocks(); })) {}

void CheckedModel::require(const Factors& given, const char* what) const {
  if (const std::string wrong = wrong_shapes(given, blocks_); !wrong.empty())
    throw std::logic_error(fmt::format("{} does not fit the model: {}", what, wrong));
}

void CheckedModel::check(const Factors& answer, const char* what) const {
  if (const std::string wrong = wrong_shapes(answer, blocks_); !wrong.empty())
    throw PluginFailure(name_, fmt::format("{} does not fit its blocks: {}", what, wrong));
}

void CheckedModel::check(const LowRank& answer, const char* what) const {
  if (answer.shape() != shape_ || answer.left.n_cols != answer.right.n_cols)
    throw PluginFailure(
        name_, fmt::format("{} is the pair of a {} × {} and a {} × {} matrix instead of {} × j and {} × j", what,
                           answer.left.n_rows, answer.left.n_cols, answer.right.n_rows, answer.right.n_cols,
                           shape_.rows, shape_.cols));
}

Sides CheckedModel::sides(Blocks wanted) const {
  return attribute_errors_to(name_, [&] { return model_->sides(wanted); });
}

void CheckedModel::expand(const Factors& point, LowRank& X) const {
  require(point, "the point");
  attribute_errors_to(name_, [&] { model_->expand(point, X); });
  check(X, "X of expand");
}

void CheckedModel::pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted,
                             Factors& gradient) const {
  require(point, "the point");
  attribute_errors_to(name_, [&] { model_->pull_back(point, gradient_of_X, wanted, gradient); });
  check(gradient, "the gradient of pull_back");
}

void CheckedModel::push_forward(const Factors& point, const Factors& direction, LowRank& dX) const {
  require(point, "the point");
  require(direction, "the direction");
  attribute_errors_to(name_, [&] { model_->push_forward(point, direction, dX); });
  check(dX, "dX of push_forward");
}

Factors CheckedModel::from_svd(const Svd& svd) const {
  Factors point = attribute_errors_to(name_, [&] { return model_->from_svd(svd); });
  check(point, "the point of from_svd");
  return point;
}

Real CheckedModel::add_penalty(const Factors& point, Blocks wanted, Factors* gradient) const {
  require(point, "the point");
  const Real value = attribute_errors_to(name_, [&] { return model_->add_penalty(point, wanted, gradient); });
  if (gradient) check(*gradient, "the gradient of add_penalty");
  return value;
}

void CheckedModel::precondition(const Factors& point, Real damping, const Factors& gradient, Factors& direction) const {
  require(point, "the point");
  require(gradient, "the vector");
  bool has_one = true;
  attribute_errors_to(name_, [&] {
    try {
      model_->precondition(point, damping, gradient, direction);
    } catch (const NoMetric&) {
      has_one = false;
    }
  });
  if (!has_one) throw NoMetric();  // whoever asks should have known
  check(direction, "the direction of precondition");
}

void CheckedModel::retract(const Factors& point, Real step, const Factors& direction, Factors& next) const {
  require(point, "the point");
  require(direction, "the direction");
  attribute_errors_to(name_, [&] { model_->retract(point, step, direction, next); });
  check(next, "the point of retract");
}

void CheckedModel::transport(const Factors& from, const Factors& to, Factors& vector) const {
  require(from, "the point");
  require(to, "the point");
  require(vector, "the vector");
  attribute_errors_to(name_, [&] { model_->transport(from, to, vector); });
  check(vector, "the vector of transport");
}

/// Unsuitable passes: a model need not have a start. The engine compares its shape, as that of every start.
Factors CheckedModel::start() const { return model_->start(); }

}  // namespace tightrope
