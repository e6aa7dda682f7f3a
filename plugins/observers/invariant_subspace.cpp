// The law of parsimony of deep chains (Yaras, Wang, Hu, Zhu, Balzano & Qu, arXiv:2306.01154, 2023): gradient descent
// from W_l(0) = ε_l Q_l, d × d, on (w/2)‖W_L ⋯ W_1 − M‖_F² + (λ/2)Σ‖W_l‖_F² with M of rank r moves inside subspaces of
// dimension 2r that never turn. On their complements W_l is ρ_l times the isometry that it began as,
//   ρ_l⁺ = ρ_l (1 − ηλ − ηw Π_{j≠l} ρ_j²),  ρ_l(0) = ε_l,
// so that d − 2r singular values of W_l are ρ_l: the middle ones σ_{r+1} … σ_{d−r}, as r others rise and r fall.
#include "plugins/shared/matrix_chain.hpp"

namespace {

using namespace tightrope;

class InvariantSubspace final : public Observer {
 public:
  using Options = NoOptions;
  InvariantSubspace(const Options&, const Context& context) : descent_(context), rank_(context.truth().rank) {}

  std::vector<Column> columns() const override {
    std::vector<Column> all;
    for (Index l = 1; l <= descent_.scales.size(); ++l) {
      const std::string layer = std::to_string(l), name = "middle_sigma_" + layer;
      all.push_back(
          {name, "of σ_{r+1} … σ_{d−r} of W_" + layer + " the one that is farthest from ρ_" + layer, 0, true});
      all.push_back({name + "_theory", "ρ_" + layer + " of the recursion", 0, true, name});
    }
    return all;
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const std::vector<Real> rho = descent_.rho(seen.iterate.iteration, mean_step(seen.iterate));
    for (Index l = 0; l < rho.size(); ++l) {
      if (!seen.iterate.point[l].is_finite() || !std::isfinite(rho[l])) continue;
      const Vec sigma = svd(seen.iterate.point[l]).values;
      const Index above = std::min(rank_, (sigma.n_elem - 1) / 2);  // one is always in the middle
      const Vec middle = sigma.subvec(above, sigma.n_elem - 1 - above);
      values[2 * l] = middle[arma::index_max(arma::abs(middle - rho[l]))];
      values[2 * l + 1] = rho[l];
    }
  }

 private:
  OrthogonalChainDescent descent_;
  Index rank_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, InvariantSubspace, "invariant_subspace",
                 "singular values of the layers of a deep chain that follow a recursion of numbers, and that recursion",
                 "yaras2023")
