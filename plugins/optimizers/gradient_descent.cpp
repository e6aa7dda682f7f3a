// Gradient descent: p⁺ = p − μ ∇f(p), all blocks at once (Soltanolkotabi, Stöger & Xie, COLT 2023, for f = ½‖A(VWᵀ) −
// y‖²).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class GradientDescent final : public DirectionOptimizer {
 public:
  using Options = NoOptions;
  GradientDescent(const Options&, const Context&) {}

  void direction(const Iterate& at, Objective&, Memory&, Factors& direction) const override {
    direction = at.gradient;
    scale(direction, -1);
  }
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, GradientDescent, "gradient_descent", "all factors move against their gradients at once",
                 "soltanolkotabi2023")
