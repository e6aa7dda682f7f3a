// A model whose every answer is compared with the shapes that it announced.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/interfaces/factorization_model.hpp"

namespace tightrope {

/// Asks another model, which is called `name` in messages. What it hands back in another shape than it should, or
/// throws, is a PluginFailure of that model; what it is handed in a wrong shape is a mistake of the caller, and throws
/// std::logic_error.
class CheckedModel final : public FactorizationModel {
 public:
  /// The model itself, if it is checked already.
  static std::shared_ptr<const CheckedModel> of(std::shared_ptr<const FactorizationModel> model, Shape shape,
                                                std::string name);
  CheckedModel(std::shared_ptr<const FactorizationModel> model, Shape shape, std::string name);

  std::vector<Block> blocks() const override { return blocks_; }
  Index rank() const override { return model_->rank(); }
  Sides sides(Blocks wanted) const override;
  void expand(const Factors& point, LowRank& X) const override;
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override;
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override;
  Factors from_svd(const Svd& svd) const override;
  Real add_penalty(const Factors& point, Blocks wanted, Factors* gradient) const override;
  void precondition(const Factors& point, Real damping, const Factors& gradient, Factors& direction) const override;
  bool has_metric() const override { return model_->has_metric(); }
  bool is_semidefinite() const override { return model_->is_semidefinite(); }
  void retract(const Factors& point, Real step, const Factors& direction, Factors& next) const override;
  void transport(const Factors& from, const Factors& to, Factors& vector) const override;
  Factors start() const override;

 private:
  void require(const Factors& given, const char* what) const;
  void check(const Factors& answer, const char* what) const;
  void check(const LowRank& answer, const char* what) const;

  std::shared_ptr<const FactorizationModel> model_;
  Shape shape_;
  std::string name_;
  std::vector<Block> blocks_;
};

}  // namespace tightrope
