// X = V Wᵀ with a ridge on the factors, (λ/2)(‖V‖_F² + ‖W‖_F²), whose smallest value for given X is λ times the nuclear
// norm of X. Put your model here, with authors, journal and year.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public FactorizationModel {
 public:
  // The parameters of the config. A required one has no default; its example is what templates and tests use.
  struct Options {
    Index rank = 0;
    Real ridge = 0;
    void declare(Parameters& p) {
      p.add("rank", rank, at_least(1), "factorization rank k").required().example("4");
      p.add("ridge", ridge, at_least(0), "weight λ of (λ/2)(‖V‖_F² + ‖W‖_F²)");
    }
  };
  MyPlugin(const Options& options, const Context& context) : shape_(context.shape), options_(options) {}

  // The blocks that a point consists of; their names are those in final.npz.
  std::vector<Block> blocks() const override { return {{"V", shape_.rows, rank()}, {"W", shape_.cols, rank()}}; }
  Index rank() const override { return options_.rank; }

  // X = L Rᵀ at a point.
  void expand(const Factors& point, LowRank& X) const override {
    X.left = point[0];
    X.right = point[1];
  }
  // The chain rule, from (∂f/∂L, ∂f/∂R) to the gradient with respect to the blocks; those that nobody wants are zero.
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, point);
    if (wanted.has(0)) gradient[0] = gradient_of_X.left;
    if (wanted.has(1)) gradient[1] = gradient_of_X.right;
  }
  // The derivative of X along a direction (dV, dW), dV Wᵀ + V dWᵀ, as a low-rank pair.
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX.left = arma::join_rows(direction[0], point[0]);
    dX.right = arma::join_rows(point[1], direction[1]);
  }
  // The point of the best approximation of a matrix of which the singular triples are given: spectral starts use it.
  Factors from_svd(const Svd& svd) const override {
    LowRank X = balanced(truncated(svd, rank()));
    X.left.resize(shape_.rows, rank());
    X.right.resize(shape_.cols, rank());
    return {{X.left, X.right}};
  }
  // Value of the penalty; its gradient is added to what the gradient holds already.
  Real add_penalty(const Factors& point, Blocks wanted, Factors* gradient) const override {
    for (Index b = 0; gradient && b < point.size(); ++b)
      if (wanted.has(b)) (*gradient)[b] += options_.ridge * point[b];
    return options_.ridge / 2 * dot(point, point);
  }

 private:
  Shape shape_;
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, MyPlugin, "my_plugin", "X = V Wᵀ with a ridge on the factors")
