// How far a deep chain X(t) = W_L ⋯ W_1 is from its compressed form X_C(t) = U W̃_L ⋯ W̃_1 Vᵀ after as many steps of
// gradient descent of the same size, W̃_l(0) = ε_l I of size 2r̂ × 2r̂ (Yaras, Wang, Balzano & Qu, ICML 2024). With all
// entries seen and r̂ ≥ r both have the same signal, and X keeps what it began with elsewhere:
//   ‖X − X_C‖_F² = (d − 2r̂) Π ρ_l², ρ_l as in the observer invariant_subspace, Π ε_l² for a small start.
// X_C is a run of its own: at each iteration that is looked at, it is run from its start.
#include "plugins/shared/matrix_chain.hpp"

namespace {

using namespace tightrope;

class CompressionError final : public Observer {
 public:
  struct Options {
    std::optional<Index> rank;
    void declare(Parameters& p) { p.add("rank", rank, at_least(1), "r̂; by default the rank of the truth"); }
  };
  CompressionError(const Options& options, const Context& context)
      : descent_(context), k_(2 * options.rank.value_or(context.truth().rank)) {
    const Index depth = descent_.W.size(), d = context.shape.rows;
    if (k_ >= d) throw Unsuitable("needs 2r̂ below the size of the matrix");
    const Mat before = MatrixChain::product(descent_.W, 1, depth);
    const Mat residual = before * descent_.W[0] - descent_.M.dense();
    outer_ = compressed_frame(descent_.W, descent_.weight * residual.t() * before, k_ / 2);
    core_ = outer_.left.t() * descent_.M.left * descent_.M.right.t() * outer_.right;
    unmoved_ = std::sqrt(static_cast<Real>(d - k_));
  }

  std::vector<Column> columns() const override {
    return {{"compression_error", "‖X − X_C‖_F", 0, true},
            {"compression_error_theory", "√(d − 2r̂) Π ρ_l", 0, true, "compression_error"}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const Index t = seen.iterate.iteration;
    const Real step = mean_step(seen.iterate);
    values[0] = difference_norm(seen.X, LowRank{outer_.left * compressed(t, step), outer_.right});
    values[1] = unmoved_;
    for (const Real rho : descent_.rho(t, step)) values[1] *= rho;
  }

 private:
  /// W̃_L ⋯ W̃_1 after t steps on (w/2)‖W̃_L ⋯ W̃_1 − UᵀMV‖_F² + (λ/2)Σ‖W̃_l‖_F².
  Mat compressed(Index t, Real step) const {
    const MatrixChain chain(std::vector<Index>(descent_.scales.size() + 1, k_));
    Factors W, gradient;
    for (const Real scale : descent_.scales) W.blocks.push_back(scale * arma::eye(k_, k_));
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
  Index k_;  // 2r̂
  LowRank outer_;
  Mat core_;
  Real unmoved_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, CompressionError, "compression_error",
                 "distance of a deep chain to its compressed form after as many steps", "yaras2024")
