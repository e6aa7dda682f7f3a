// How far a deep chain X(t) = W_L ⋯ W_1 is from its compressed form X_C(t) = U W̃_L ⋯ W̃_1 Vᵀ after as many steps of
// gradient descent of the same size, W̃_l(0) = ε_l I of size 2r × 2r (Yaras, Wang, Balzano & Qu, ICML 2024). With all
// entries of X* = U* Σ V*ᵀ seen, V spans V* and X(0)ᵀU*, and U is X(0) V/Πε_l. Both then have the same signal, and X
// keeps what it began with elsewhere:
//   ‖X − X_C‖_F² = (d − 2r) Π ρ_l², ρ_l as in the observer invariant_subspace; ρ_l = ε_l for small ones.
// X_C is a run of its own: at each iteration that is looked at, it is run from its start.
#include "plugins/shared/matrix_chain.hpp"

namespace {

using namespace tightrope;

class CompressionError final : public Observer {
 public:
  using Options = NoOptions;
  CompressionError(const Options&, const Context& context) : descent_(context) {
    const auto [rows, cols] = context.shape;
    const Index r = context.truth().rank;
    if (2 * r > std::min(rows, cols)) throw Unsuitable("needs a truth of at most half the rank that the shape allows");
    LowRank X;
    context.model().expand(context.start(), X);
    const Svd& M = context.truth().svd;
    outer_.right =
        orthonormal_basis(arma::join_rows(M.right.head_cols(r), X.right * (X.left.t() * M.left.head_cols(r))));
    outer_.left = orthonormal_basis(X.left * (X.right.t() * outer_.right));
    core_ = outer_.left.t() * context.truth().X.left * context.truth().X.right.t() * outer_.right;
    unmoved_ = std::sqrt(static_cast<Real>(std::min(rows, cols) - 2 * r));
  }

  std::vector<Column> columns() const override {
    return {{"compression_error", "‖X − X_C‖_F", 0, true},
            {"compression_error_theory", "√(d − 2r) Π ρ_l", 0, true, "compression_error"}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const Index t = seen.iterate.iteration;
    const Real step = mean_step(seen.iterate);
    Real theory = unmoved_;
    for (const Real rho : descent_.rho(t, step)) theory *= rho;
    const Real error = difference_norm(seen.X, LowRank{outer_.left * compressed(t, step), outer_.right});
    values[0] = std::isfinite(error) ? error : std::nan("");
    values[1] = std::isfinite(theory) ? theory : std::nan("");
  }

 private:
  /// W̃_L ⋯ W̃_1 after t steps on (w/2)‖W̃_L ⋯ W̃_1 − UᵀX*V‖_F² + (λ/2)Σ‖W̃_l‖_F².
  Mat compressed(Index t, Real step) const {
    const MatrixChain chain(std::vector<Index>(descent_.scales.size() + 1, core_.n_rows));
    Factors W, gradient;
    for (const Real scale : descent_.scales) W.blocks.push_back(scale * arma::eye(arma::size(core_)));
    LowRank X;
    for (Index i = 0; i < t; ++i) {
      chain.expand(W, X);
      const Mat G = descent_.weight * (X.left * X.right.t() - core_);
      chain.pull_back(W, {G * X.right, G.t() * X.left}, Blocks::all(), gradient);
      scale(W, 1 - step * descent_.decay);
      add_scaled(W, -step, gradient);
    }
    return MatrixChain::product(W, 0, W.size());
  }

  OrthogonalChainDescent descent_;
  LowRank outer_;  // U, V
  Mat core_;       // UᵀX*V
  Real unmoved_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, CompressionError, "compression_error",
                 "distance of a deep chain to its compressed form after as many steps", "yaras2024")
