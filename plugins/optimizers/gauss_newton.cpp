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
    Factors somewhere;
    for (const Block& block : context.space().blocks())
      somewhere.blocks.push_back(context.stream.child(block.name).normal_matrix(block.rows, block.cols));
    if (context.space().add_penalty(somewhere, Blocks::all(), nullptr) != 0)
      throw Unsuitable("needs a model without a penalty, but this one has one, whose second derivatives it cannot ask");
  }

  std::vector<Column> columns() const override {
    return {{"inner_iterations", "products with H for this step", 0, false}, {"damping", "δ of this step"}};
  }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    Factors &d = context.memory.factors("step", at.point), &residual = context.memory.factors("residual", at.point),
            &search = context.memory.factors("search", at.point), &Hs = context.memory.factors("product", at.point);
    residual = at.gradient;
    scale(residual, -1);
    search = residual;
    assign_zeros_like(d, at.point);
    Real square = dot(residual, residual), decrease = 0, first_curvature = 0;
    const Real size = std::sqrt(square), damping = options_.damping * (options_.damping_rule == "constant" ? 1 : size);
    Real goal = options_.tolerance * size;
    Index inner = 0;
    while (inner < options_.inner_iterations && square > goal * goal) {
      context.objective.sensing()->curvature_times(at, search, Blocks::all(), Hs);
      add_scaled(Hs, damping, search);
      const Real curvature = dot(search, Hs), length = square / curvature;
      if (++inner == 1) first_curvature = curvature / square;
      // What is left is rounding: out of the range of H, or too short to change d.
      if (!(curvature > 1e-14 * first_curvature * dot(search, search)) || length * square <= 1e-30 * decrease) break;
      decrease += length * square;
      add_scaled(d, length, search);
      add_scaled(residual, -length, Hs);
      if (inner == 1) goal = std::min(goal, size * norm(d) / norm(at.point));
      const Real last_square = std::exchange(square, dot(residual, residual));
      scale(search, square / last_square);
      add_scaled(search, 1, residual);
    }
    Move move;
    move.step = 1;
    move.columns = {static_cast<Real>(inner), damping};
    if (size == 0) move.end = End{EndClass::converged, "the gradient is zero"};
    if (size > 0 && decrease == 0) move.end = End{EndClass::stalled, "the loss has no curvature along the gradient"};
    context.objective.space().retract(at.point, 1, d, next);
    return move;
  }

 private:
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, GaussNewton, "gauss_newton", "each step solves the linearized problem")
