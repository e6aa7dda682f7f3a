// Alternating minimization (Jain, Netrapalli & Sanghavi, STOC 2013): V⁺ = argmin f(·, W), then W⁺ = argmin f(V⁺, ·). A
// block b solves H_bb d = −∇_b f, H = Jᵀ diag(ℓ″) J and J the derivative of p ↦ A(X(p)): exact for least squares, as X
// is linear in each block, and Newton's step for other losses. Conjugate gradients in the metric M of the model need
// few products with H for any condition number: M⁻¹H_bb = I if A*A = I, and then one is enough.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class AlternatingMinimization final : public Optimizer {
 public:
  struct Options {
    Real tolerance = 1e-10;
    Index inner_iterations = 500;
    void declare(Parameters& p) {
      p.add("tolerance", tolerance, above(0), "a block is solved when ‖residual‖ ≤ tolerance·‖∇_b f‖, as M⁻¹ measures");
      p.add("inner_iterations", inner_iterations, at_least(1), "limit of the solver of a block, each a pass");
    }
  };
  AlternatingMinimization(const Options& options, const Context& context) : options_(options) {
    context.sensing();
    context.loss().curvature(0, {}, {}, {});
    if (context.space_with_metric().blocks().size() < 2)
      throw Unsuitable("needs a model of several blocks, but this one has one alone");
    if (context.space().has_penalty())
      throw Unsuitable("needs a model without a penalty, but this one has one, whose second derivatives it cannot ask");
  }

  Index phases(const Space& space) const override { return space.blocks().size(); }
  std::vector<Column> columns() const override {
    return {{"inner_iterations", "products with H in this iteration, over all blocks", 0, false}};
  }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    if (at.phase == 0 && norm(at.gradient) == 0) return Move::end_of_run({EndClass::converged, "the gradient is zero"});
    const Space& space = context.objective.space();
    const Blocks block = Blocks::only(at.phase);
    Factors& descent = context.memory.factors("descent", at.gradient);
    descent = at.gradient;
    keep_only(descent, block);
    scale(descent, -1);
    const InnerSolution inner = conjugate_gradients(
        descent, context.memory, options_.inner_iterations,
        [&](const Factors& s, Factors& Hs) { context.objective.sensing()->curvature_times(at, s, block, Hs); },
        [&](const Factors& r, Factors& z) { space.precondition(at.point, 0, r, z); },
        [&](Index, Real first, const Factors&) { return options_.tolerance * options_.tolerance * first; });
    next = at.point;
    add_scaled(next, 1, inner.d);
    Index& products = context.memory.count("products", 0);
    products = (at.phase == 0 ? 0 : products) + inner.products;
    Move move;
    move.step = 1;
    move.columns = {static_cast<Real>(products)};
    move.completes_iteration = at.phase + 1 == at.point.size();
    if (!move.completes_iteration) move.wanted = Blocks::only(at.phase + 1);
    return move;
  }

 private:
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, AlternatingMinimization, "alternating_minimization", "each factor in turn is solved for",
                 "jain2013")
