// The law of parsimony of deep chains (Yaras, Wang, Hu, Zhu, Balzano & Qu, arXiv:2306.01154, 2023): gradient descent
// from W_l(0) = ε_l Q_l on (w/2)‖W_L ⋯ W_1 − M‖_F² + (λ/2)Σ‖W_l‖_F² with M of rank r moves inside subspaces of
// dimension 2r. On what is orthogonal to the spaces of M and X(0)ᵀ seen from the layers, of bases V_l and V_{l+1} = Q_l
// V_l,
//   W_l(t) V_l = ρ_l(t) V_{l+1},  W_l(t)ᵀ V_{l+1} = ρ_l(t) V_l,  ρ_l⁺ = ρ_l (1 − ηλ − ηw Π_{j≠l} ρ_j²),  ρ_l(0) = ε_l,
// so that d − 2r singular values of W_l are ρ_l: the middle ones, as r others are not smaller, and r not larger.
#include "plugins/shared/matrix_chain.hpp"

namespace {

using namespace tightrope;

class InvariantSubspace final : public Observer {
 public:
  using Options = NoOptions;
  InvariantSubspace(const Options&, const Context& context) : descent_(context), rank_(context.truth().rank) {
    const Index d = context.shape.rows;
    if (2 * rank_ >= d) throw Unsuitable("needs a truth of less than half the size of the matrix as its rank");
    const Factors& W = descent_.W;
    const Svd M = truncated(context.truth().svd, rank_);
    const Mat moving = arma::join_rows(M.right, MatrixChain::product(W, 0, W.size()).t() * M.left);
    bases_.push_back(arma::null(moving.t()));
    for (Index l = 0; l < W.size(); ++l) bases_.push_back(W[l] * bases_[l] / descent_.scales[l]);
  }

  std::vector<Column> columns() const override {
    std::vector<Column> all = {{"invariance_defect", "max_l ‖W_l V_l − ρ_l V_{l+1}‖_F, and of its transpose", 0, true}};
    for (Index l = 1; l < bases_.size(); ++l) {
      const std::string layer = std::to_string(l), name = "middle_sigma_" + layer;
      all.push_back(
          {name, "of σ_{r+1} … σ_{d−r} of W_" + layer + " the one that is farthest from ρ_" + layer, 0, true});
      all.push_back({name + "_theory", "ρ_" + layer + " of the recursion", 0, true, name});
    }
    return all;
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const Factors& W = seen.iterate.point;
    const std::vector<Real> rho = descent_.rho(seen.iterate.iteration, mean_step(seen.iterate));
    if (!is_finite(W)) return;
    values[0] = 0;
    for (Index l = 0; l < W.size(); ++l) {
      const Mat along = W[l] * bases_[l] - rho[l] * bases_[l + 1], back = W[l].t() * bases_[l + 1] - rho[l] * bases_[l];
      values[0] = std::max({values[0], frobenius_norm(along), frobenius_norm(back)});
      const Vec sigma = svd(W[l]).values, middle = sigma.subvec(rank_, sigma.n_elem - rank_ - 1);
      values[1 + 2 * l] = middle[arma::index_max(arma::abs(middle - rho[l]))];
      values[2 + 2 * l] = rho[l];
    }
  }

 private:
  OrthogonalChainDescent descent_;
  Index rank_;
  std::vector<Mat> bases_;  // V_1 … V_{L+1}
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, InvariantSubspace, "invariant_subspace",
                 "the singular values of each layer that follow a recursion of numbers, with it", "yaras2023")
