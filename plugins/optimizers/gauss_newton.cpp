// Gauss-Newton, damped as by Levenberg & Marquardt (Nocedal & Wright, Numerical Optimization, ch. 10): p⁺ = p + d with
// (H + δI) d = −∇f(p), H = Jᵀ diag(ℓ″) J and J the derivative of p ↦ A(X(p)). Conjugate gradients from zero stay in the
// range of H, which is singular since V Wᵀ = (VQ)(WQ⁻ᵀ)ᵀ: without damping d is the solution of least norm, as in the
// updating variant of GNMR (Zilber & Nadler, SIAM J. Math. Data Sci. 4, 2022). They stop at a residual of η‖∇f‖ with
// η = min(tolerance, ‖first of their steps‖/‖p‖), which falls with the error: convergence to f = 0 is quadratic.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class GaussNewton final : public Optimizer {
 public:
  struct Options {
    Real damping = 0, tolerance = 0.1;
    std::string damping_rule = "constant";
    Index inner_iterations = 500;
    void declare(Parameters& p) {
      p.add("damping", damping, at_least(0), "weight of the damping δ");
      p.add("damping_rule", damping_rule, {"constant", "gradient_norm"}, "δ = damping, or δ = damping·‖∇f(p)‖");
      p.add("tolerance", tolerance, at_least_below(0, 1), "largest relative residual at which the inner solver stops");
      p.add("inner_iterations", inner_iterations, at_least(1), "limit of the inner solver, each a pass");
    }
  };
  GaussNewton(const Options& options, const Context& context) : options_(options) {
    context.sensing();
    context.loss().curvature(0, {}, {}, {});
    if (context.space().has_penalty())
      throw Unsuitable("needs a model without a penalty, but this one has one, whose second derivatives it cannot ask");
  }

  std::vector<Column> columns() const override {
    return {{"inner_iterations", "products with H for this step", 0, false}, {"damping", "δ of this step"}};
  }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    const Real size = norm(at.gradient), damping = options_.damping * (options_.damping_rule == "constant" ? 1 : size);
    Factors& descent = context.memory.factors("descent", at.gradient);
    descent = at.gradient;
    scale(descent, -1);
    Real goal = options_.tolerance * size;
    const InnerSolution inner = conjugate_gradients(
        descent, context.memory, options_.inner_iterations,
        [&](const Factors& s, Factors& Hs) {
          context.objective.sensing()->curvature_times(at, s, Blocks::all(), Hs);
          add_scaled(Hs, damping, s);
        },
        [](const Factors& r, Factors& z) { z = r; },
        [&](Index products, Real, const Factors& d) {
          if (products == 1) goal = std::min(goal, size * norm(d) / norm(at.point));
          return goal * goal;
        });
    Move move;
    move.step = 1;
    move.columns = {static_cast<Real>(inner.products), damping};
    if (size == 0) move.end = End{EndClass::converged, "the gradient is zero"};
    if (size > 0 && inner.decrease == 0)
      move.end = End{EndClass::stalled, "the loss has no curvature along the gradient"};
    context.objective.space().retract(at.point, 1, inner.d, next);
    return move;
  }

 private:
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, GaussNewton, "gauss_newton", "each step solves the linearized problem",
                 "nocedal2006, zilber2022")
