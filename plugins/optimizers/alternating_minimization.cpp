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
    Factors somewhere;
    for (const Block& block : context.space_with_metric().blocks())
      somewhere.blocks.push_back(context.stream.child(block.name).normal_matrix(block.rows, block.cols));
    if (somewhere.size() < 2) throw Unsuitable("needs a model of several blocks, but this one has one alone");
    if (context.space().add_penalty(somewhere, Blocks::all(), nullptr) != 0)
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
    Factors &residual = context.memory.factors("residual", at.point), &z = context.memory.factors("solved", at.point),
            &search = context.memory.factors("search", at.point), &Hs = context.memory.factors("product", at.point);
    Index& inner = context.memory.count("inner", 0);
    if (at.phase == 0) inner = 0;
    next = at.point;
    residual = at.gradient;
    keep_only(residual, block);
    scale(residual, -1);
    space.precondition(at.point, 0, residual, z);
    search = z;
    Real square = dot(residual, z);
    const Real goal = options_.tolerance * options_.tolerance * square;
    for (Index i = 0; i < options_.inner_iterations && square > goal; ++i, ++inner) {
      context.objective.sensing()->curvature_times(at, search, block, Hs);
      const Real curvature = dot(search, Hs);
      if (!(curvature > 0)) break;
      add_scaled(next, square / curvature, search);
      add_scaled(residual, -square / curvature, Hs);
      space.precondition(at.point, 0, residual, z);
      const Real last_square = std::exchange(square, dot(residual, z));
      scale(search, square / last_square);
      add_scaled(search, 1, z);
    }
    Move move;
    move.step = 1;
    move.columns = {static_cast<Real>(inner)};
    move.completes_iteration = at.phase + 1 == at.point.size();
    if (!move.completes_iteration) move.wanted = Blocks::only(at.phase + 1);
    return move;
  }

 private:
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, AlternatingMinimization, "alternating_minimization", "each factor in turn is solved for")
