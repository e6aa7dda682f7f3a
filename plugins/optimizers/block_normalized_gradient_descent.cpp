// Block-normalized gradient descent: p_b⁺ = p_b − μ ∇_b f/(‖∇_b f‖_F + δ) for each block b by itself, so that all
// blocks move at the same speed, however small their gradients are (Yu, Huang, Lin, Salakhutdinov & Carbonell, arXiv
// 1707.04822, 2017; the factors K and Q of attention weights: Tarzanagh, Li, Thrampoulidis & Oymak, arXiv 2308.16898,
// 2023).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class BlockNormalizedGradientDescent final : public DirectionOptimizer {
 public:
  struct Options {
    Real delta = 0;
    void declare(Parameters& p) { p.add("delta", delta, at_least(0), "δ, added to the norms"); }
  };
  BlockNormalizedGradientDescent(const Options& options, const Context&) : delta_(options.delta) {}

  void direction(const Iterate& at, Objective&, Memory&, Factors& direction) const override {
    direction = at.gradient;
    for (Mat& block : direction.blocks) {
      const Real size = frobenius_norm(block) + delta_;
      if (size > 0) block *= -1 / size;
    }
  }

 private:
  Real delta_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, BlockNormalizedGradientDescent, "block_normalized_gradient_descent",
                 "every factor moves against its gradient divided by its norm", "yu2017, tarzanagh2023svm")
