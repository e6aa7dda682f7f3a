// GNMR (Zilber & Nadler, SIAM J. Math. Data Sci. 4, 2022): with z = A(X(p)) and J its derivative at p, s is the vector
// of least norm that minimises ‖J s − (y − z) − ½(1 + α) J p‖, and p⁺ = ½(1 − α) p + s. The variants are α = 1,
// "setting" (of V Wᵀ: V Ŵᵀ + V̂ Wᵀ ≈ y + V Wᵀ, and V̂, Ŵ take the place of V, W), 0, "averaging", and −1, "updating".
// They differ in the part of p that J does not see. LSQR ends where its condition number says that such parts would
// explode.
//
// The estimate is the matrix that fits the data, H_k(X(p) + dX(p; p⁺ − p)), of V Wᵀ that of V Ŵᵀ + V̂ Wᵀ − V Wᵀ: its
// error falls while that of V̂ Ŵᵀ, which the next iteration is linearized at, may go up and down.
#include "plugins/shared/lsqr.hpp"

namespace {

using namespace tightrope;

class Gnmr final : public MatrixMethod {
 public:
  struct Options {
    std::string variant = "setting";
    LsqrRules inner;
    void declare(Parameters& p) {
      p.add("variant", variant, {"setting", "averaging", "updating"}, "α = 1, 0 or −1");
      p.add("inner_iterations", inner.most_iterations, at_least(1), "limit of LSQR, two passes each");
      p.add("tolerance", inner.tolerance, between(1e-15, 0.1), "relative residual at which LSQR ends, of both kinds");
      p.add("condition_limit", inner.condition_limit, above(1), "estimate of the condition number at which LSQR ends");
    }
  };
  Gnmr(const Options& options, const Context& context)
      : MatrixMethod(context),
        inner_(options.inner),
        alpha_(options.variant == "setting"     ? 1
               : options.variant == "averaging" ? 0
                                                : -1),
        root_(arma::sqrt(constant_curvature(context))),
        inverse_root_(root_) {
    inverse_root_.transform([](Real root) { return root > 0 ? 1 / root : 0; });
  }

  std::vector<Column> columns() const override {
    return {{"inner_iterations", "iterations of LSQR for this step", 0, false},
            {"linear_residual", "‖J s − b‖/‖b‖, b what J s is fitted to"}};
  }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    require_all(at, context);
    if (norm(at.gradient) == 0) return Move::end_of_run({EndClass::converged, "the gradient is zero"});
    Sensing& sensing = *context.objective.sensing();
    Vec b, along;
    sensing.slope(sensing.prediction(at), b);
    b %= -inverse_root_;  // of f = ½‖b‖²
    if (alpha_ > -1) {
      sensing.jacobian_times(at, at.point, along);
      b += (1 + alpha_) / 2 * (root_ % along);
    }
    const auto product = [&](const Factors& x, Vec& u) {
      sensing.jacobian_times(at, x, u);
      u %= root_;
    };
    const auto transposed = [&](const Vec& u, Factors& x) {
      sensing.jacobian_transposed_times(at, root_ % u, Blocks::all(), x);
    };
    next = at.point;
    const LsqrEnd found = lsqr(b, inner_, product, transposed, next);
    add_scaled(next, (1 - alpha_) / 2, at.point);
    publish(at, next, context);
    Move move;
    move.step = 1;
    move.columns = {static_cast<Real>(found.iterations), found.residual};
    return move;
  }

  bool estimate(const Iterate&, const Memory& memory, LowRank& X) const override {
    const auto kept = memory.values().find("estimate");
    if (kept == memory.values().end()) return false;
    const Factors& pair = std::get<Factors>(kept->second);
    X = {pair[0], pair[1]};
    return true;
  }

 private:
  static void publish(const Iterate& at, const Factors& next, StepContext& context) {
    Factors d = next;
    LowRank dX;
    add_scaled(d, -1, at.point);
    model_of(context).push_forward(at.point, d, dX);
    const LowRank sum{arma::join_rows(at.X.left, dX.left), arma::join_rows(at.X.right, dX.right)};
    const LowRank best = balanced(truncated(svd(sum), model_of(context).rank()));
    context.memory.factors("estimate", {{best.left, best.right}}) = {{best.left, best.right}};
  }

  LsqrRules inner_;
  Real alpha_;
  Vec root_, inverse_root_;  // of ℓ″; 0 where measurements are held out
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, Gnmr, "gnmr", "each factor is solved for with the others' first-order change",
                 "zilber2022, paige1982")
