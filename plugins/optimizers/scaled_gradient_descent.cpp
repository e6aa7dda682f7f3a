// Steepest descent in the model's metric: p⁺ = p − μ (M(p) + δI)† ∇f(p). For X = V Wᵀ this is ScaledGD (Tong, Ma & Chi,
// JMLR 22, 2021), with damping δ ScaledGD(λ) (Xu, Shen, Chi & Ma, 2023); for X = U Uᵀ preconditioned gradient descent.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class ScaledGradientDescent final : public DirectionOptimizer {
 public:
  struct Options {
    Real damping = 0;
    void declare(Parameters& p) {
      p.add("damping", damping, at_least(0), "δ, added to the metric; 0: its pseudo-inverse is taken");
    }
  };
  ScaledGradientDescent(const Options& options, const Context& context) : damping_(options.damping) {
    context.space_with_metric();
  }

  void direction(const Iterate& at, Objective& objective, Memory&, Factors& direction) const override {
    objective.space().precondition(at.point, damping_, at.gradient, direction);
    scale(direction, -1);
  }

 private:
  Real damping_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, ScaledGradientDescent, "scaled_gradient_descent", "steepest descent in the model's metric")
