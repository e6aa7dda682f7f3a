// Gradient descent on X = F Gᵀ that is made unbalanced once (Xiong, Ding & Du, ICLR 2024, eq. 5.1): as soon as
// ‖M‖_F ≤ γ, M = A*(∂ℓ), with the thin SVD F = P D Qᵀ, F ← βP and G ← G Q D β⁻¹. X stays where it is, FᵀF = β² I, and
// the surplus columns of G shrink from then on at a rate of order μβ², whatever the scale of the start was. M costs a
// use of the operator: it is asked for only where ‖M G‖_F ≤ γ‖G‖₂ and ‖MᵀF‖_F ≤ γ‖F‖₂ allow ‖M‖_F ≤ γ. The change is an
// iteration of its own, marked in the record.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class OneStepImbalance final : public DirectionOptimizer {
 public:
  struct Options {
    Real gamma = 0.05, beta = 0.5;
    void declare(Parameters& p) {
      p.add("gamma", gamma, above(0), "γ, the ‖M‖_F at which the factors are changed");
      p.add("beta", beta, above(0), "β, the singular values that F has then");
    }
  };
  OneStepImbalance(const Options& options, const Context& context) : options_(options) {
    const FactorizationModel& model = context.model();
    const Factors point = model.random_point(context.stream);
    LowRank X;
    model.expand(point, X);
    const bool are_factors = point.size() == 2 && point[0].n_cols == point[1].n_cols;
    if (!are_factors || difference_norm(X, LowRank{point[0], point[1]}) > 0)
      throw Unsuitable("needs a model of two factors, X = F Gᵀ, but this one is another");
    if (point[0].n_cols > point[0].n_rows)
      throw Unsuitable("needs at most as many columns as F has rows, " + std::to_string(point[0].n_rows) +
                       ", but the model has " + std::to_string(point[0].n_cols));
    if (model.has_penalty())
      throw Unsuitable("needs a model without a penalty, but this one has one, which balances the factors again");
  }

  void direction(const Iterate& at, Objective&, Memory&, Factors& direction) const override {
    direction = at.gradient;
    scale(direction, -1);
  }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    Index& is_changed = context.memory.count("is changed", 0);
    if (is_changed || !is_near(at, context)) return DirectionOptimizer::advance(at, context, next);
    is_changed = 1;
    const Svd F = svd(at.point[0]);
    next.blocks = {options_.beta * F.left, at.point[1] * F.right * arma::diagmat(F.values) / options_.beta};
    Move move;
    move.step = 1;
    move.time = 0;
    move.mark = "one_step_imbalance";
    return move;
  }

 private:
  bool is_near(const Iterate& at, StepContext& context) const {
    Sensing& sensing = *context.objective.sensing();
    if (at.rows.count < sensing.measurements())
      throw Unsuitable("needs all measurements at every iteration, but is shown a batch of them");
    if (frobenius_norm(at.gradient[0]) > options_.gamma * spectral_norm(at.point[1])) return false;
    if (frobenius_norm(at.gradient[1]) > options_.gamma * spectral_norm(at.point[0])) return false;
    Vec slope;
    Mat M;
    sensing.slope(at.prediction, slope);
    sensing.adjoint_times(slope, arma::eye(sensing.shape().cols, sensing.shape().cols), M);
    return frobenius_norm(M) <= options_.gamma && frobenius_norm(M) > 0;
  }

  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, OneStepImbalance, "one_step_imbalance", "gradient descent, made unbalanced once",
                 "xiong2024")
