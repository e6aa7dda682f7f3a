// Proximal gradient for f(X) + λ‖X‖_*: X⁺ = D_{μλ}(Y − μG), G = A*(∂ℓ) at Y and D_τ the reduction of every singular
// value by τ, down to 0 (Toh & Yun, Pacific J. Optim. 6, 2010, with λ relative to ‖A*(y)‖₂). Accelerated: Y⁺ = X⁺ + (t
// − 1)/t⁺ (X⁺ − X), t⁺ = (1 + √(1 + 4t²))/2 (FISTA, Beck & Teboulle, SIAM J. Imaging Sci. 2, 2009); else Y = X. The
// run's point is Y. Needs μ ≤ 1/‖A‖². G costs one more pass than value and gradient do.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class ProximalGradient final : public MatrixMethod {
 public:
  struct Options {
    Real step_size = 0, weight = 1e-4;
    std::string relative_to = "adjoint_of_data";
    bool accelerated = true;
    void declare(Parameters& p) {
      p.add("step_size", step_size, above(0), "step size μ").required().example("0.2");
      p.add("weight", weight, above(0), "weight λ of the nuclear norm, in the unit that relative_to says");
      p.add("relative_to", relative_to, {"adjoint_of_data", "nothing"}, "unit of the weight: ‖A*(y)‖₂, or 1");
      p.add("accelerated", accelerated, "whether Y is extrapolated");
    }
  };
  ProximalGradient(const Options& options, const Context& context)
      : MatrixMethod(context), options_(options), is_semidefinite_(context.model().is_semidefinite()) {
    const Index most = std::min(context.shape.rows, context.shape.cols), rank = context.model().rank();
    if (is_semidefinite_ && options.accelerated)
      throw Unsuitable("needs 'accelerated: false' here, since a semidefinite model cannot hold what is extrapolated");
    if (rank < most)
      context.warn("keeps no more than the largest " + std::to_string(rank) +
                   " singular values, the model's columns; " + std::to_string(most) +
                   " would leave the rank to the nuclear norm");
    lambda_ = options.weight;
    if (options.relative_to == "nothing") return;
    Mat G;
    context.sensing().adjoint_times(context.data(), arma::eye(context.shape.cols, context.shape.cols), G);
    lambda_ *= spectral_norm(G);
  }

  std::vector<Column> columns() const override {
    return {{"kept_values", "singular values of X above the threshold", 0, false}};
  }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    Mat G = gradient_of(at, context), Y = at.X.dense();
    if (is_semidefinite_) G = (G + G.t()) / 2;
    Svd X = svd(Mat(Y - options_.step_size * G));
    X.values.transform([cut = options_.step_size * lambda_](Real sigma) { return std::max(0.0, sigma - cut); });
    const Mat here = X.left * arma::diagmat(X.values) * X.right.t();
    if (frobenius_norm(here - Y) <= 1e-15 * frobenius_norm(Y))
      return Move::end_of_run({EndClass::converged, "X does not move any more"});
    Move move;
    move.step = options_.step_size;
    move.columns = {static_cast<Real>(arma::accu(X.values > 0))};
    if (options_.accelerated) {
      Mat& last = context.memory.matrix("X", Y.n_rows, Y.n_cols);
      Real& t = context.memory.scalar("t", 1);
      if (at.iteration == 0) last = Y;
      const Real before = std::exchange(t, (1 + std::sqrt(1 + 4 * t * t)) / 2);
      X = svd(Mat(here + (before - 1) / t * (here - last)));
      last = here;
    }
    next = model_of(context).from_svd(X);
    return move;
  }

 private:
  Options options_;
  bool is_semidefinite_;
  Real lambda_ = 0;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, ProximalGradient, "proximal_gradient",
                 "gradient step on X, then the nuclear norm shrinks it", "toh2010, beck2009")
