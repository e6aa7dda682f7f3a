// Block by block in the model's metric: V⁺ = V − μ ∇_V f(V, W) (WᵀW)†, then W⁺ = W − μ ∇_W f(V⁺, W) (V⁺ᵀV⁺)†. The same
// iteration is AltScaledGD (Jia et al., NeurIPS 2023), AGN (Jia, Feng, Meng & Sun, NeurIPS 2024) and APGD (Liu et al.,
// 2025).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class AlternatingScaledGradientDescent final : public DampedOptimizer {
 public:
  using Options = Damping;
  AlternatingScaledGradientDescent(const Options& options, const Context& context)
      : DampedOptimizer(options, context) {}

  Index phases(const Space& space) const override { return space.blocks().size(); }
  Blocks blocks(Index phase) const override { return Blocks::only(phase); }
  void direction(const Iterate& at, Objective& objective, Memory& memory, Factors& direction) const override {
    objective.space().precondition(at.point, damping(at, objective, memory), at.gradient, direction);
    scale(direction, -1);
  }
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, AlternatingScaledGradientDescent, "alternating_scaled_gradient_descent",
                 "one factor moves after the other, in the model's metric", "jia2023, jia2024, liu2025")
