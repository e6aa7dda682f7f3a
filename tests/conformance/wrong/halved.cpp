// X = V Wᵀ with half of a gradient, whatever its parameters are: what a user may have built without knowing it.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Halved final : public FactorizationModel {
 public:
  using Options = NoOptions;
  Halved(const Options&, const Context& context) : shape_(context.shape) {}

  std::vector<Block> blocks() const override { return {{"V", shape_.rows, 2}, {"W", shape_.cols, 2}}; }
  Index rank() const override { return 2; }
  void expand(const Factors& point, LowRank& X) const override { X = {point[0], point[1]}; }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, point);
    if (wanted.has(0)) gradient[0] = gradient_of_X.left;
    if (wanted.has(1)) gradient[1] = gradient_of_X.right / 2;
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX = {arma::join_rows(direction[0], point[0]), arma::join_rows(point[1], direction[1])};
  }
  Factors from_svd(const Svd& svd) const override {
    const LowRank X = balanced(truncated(svd, 2));
    return {{X.left, X.right}};
  }

 private:
  Shape shape_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, Halved, "halved", "a model with half of a gradient, for tests")
