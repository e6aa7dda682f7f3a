// The balanced factors of the same matrix, VᵀV = WᵀW, as after every step of OPSA (Giampouras, Cai & Vidal, ICML 2025):
// V = U √Σ Q, W = Z √Σ Q from the decomposition V Wᵀ = U Σ Zᵀ. Q, of which X knows nothing, makes them the nearest to
// the factors at hand (orthogonal Procrustes problem; Schönemann, Psychometrika 31, 1966): what a method remembers of
// earlier points keeps its meaning, and balanced factors stay as they are.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Rebalance final : public Projection {
 public:
  using Options = NoOptions;
  Rebalance(const Options&, const Context& context) : model_(context.model()) {
    const Factors point = model_.random_point(context.stream);
    LowRank X;
    model_.expand(point, X);
    const auto equal = [](const Mat& A, const Mat& B) {
      return A.n_cols == B.n_cols && std::equal(A.begin(), A.end(), B.begin(), B.end());
    };
    if (point.size() > 2 || !equal(X.left, point[0]) || !equal(X.right, point.blocks.back()))
      throw Unsuitable("needs a model whose blocks are the two factors of X, or the one that both of them are");
  }

  void project(Factors& point) const override {
    LowRank X;
    model_.expand(point, X);
    // Surplus columns far below √ε‖V‖ would not come back from X: what is balanced already is left alone.
    const Real size =
        frobenius_norm(X.left) * frobenius_norm(X.left) + frobenius_norm(X.right) * frobenius_norm(X.right);
    const Mat imbalance = X.left.t() * X.left - X.right.t() * X.right;
    if (!std::isfinite(size) || frobenius_norm(imbalance) <= 1e-14 * size) return;
    Factors balanced = model_.from_svd(svd(X));
    Mat overlap(model_.rank(), model_.rank(), arma::fill::zeros);
    for (Index b = 0; b < point.size(); ++b) overlap += balanced[b].t() * point[b];
    const Svd turn = svd(overlap);
    for (Index b = 0; b < point.size(); ++b) point[b] = balanced[b] * (turn.left * turn.right.t());
  }

 private:
  const FactorizationModel& model_;
};

}  // namespace

TIGHTROPE_PLUGIN(Projection, Rebalance, "rebalance", "the balanced factors of the same matrix",
                 "giampouras2025, schonemann1966")
