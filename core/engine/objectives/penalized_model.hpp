// A model with penalties on its matrix.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/interfaces/factorization_model.hpp"
#include "core/interfaces/penalty.hpp"

namespace tightrope {

/// Another model, to whose own penalty those on X(p) are added: to methods all of them are one. What a penalty throws,
/// or hands back in another shape than it should, is a PluginFailure of its name.
class PenalizedModel final : public FactorizationModel {
 public:
  struct Named {
    std::shared_ptr<const Penalty> penalty;
    std::string name;  // in messages
  };
  PenalizedModel(std::shared_ptr<const FactorizationModel> model, std::vector<Named> penalties)
      : model_(std::move(model)), penalties_(std::move(penalties)) {}

  Real add_penalty(const Factors& point, Blocks wanted, Factors* gradient) const override;

  std::vector<Block> blocks() const override { return model_->blocks(); }
  Index rank() const override { return model_->rank(); }
  Sides sides(Blocks wanted) const override { return model_->sides(wanted); }
  void expand(const Factors& point, LowRank& X) const override { model_->expand(point, X); }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    model_->pull_back(point, gradient_of_X, wanted, gradient);
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    model_->push_forward(point, direction, dX);
  }
  Factors from_svd(const Svd& svd) const override { return model_->from_svd(svd); }
  void precondition(const Factors& point, Real damping, const Factors& gradient, Factors& direction) const override {
    model_->precondition(point, damping, gradient, direction);
  }
  bool has_metric() const override { return model_->has_metric(); }
  bool is_semidefinite() const override { return model_->is_semidefinite(); }
  void retract(const Factors& point, Real step, const Factors& direction, Factors& next) const override {
    model_->retract(point, step, direction, next);
  }
  void transport(const Factors& from, const Factors& to, Factors& vector) const override {
    model_->transport(from, to, vector);
  }
  Factors start() const override { return model_->start(); }

 private:
  std::shared_ptr<const FactorizationModel> model_;
  std::vector<Named> penalties_;
};

}  // namespace tightrope
