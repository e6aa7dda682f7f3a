// The compressed form of a deep chain of orthogonal start, X = U W_L ⋯ W_1 Vᵀ with inner factors of size 2r̂ × 2r̂,
// W_l(0) = ε_l I, and outer factors made from the problem:
// - gradient: from ∂f/∂W_1 at the start of the wide chain (Yaras, Wang, Balzano & Qu, ICML 2024), which is the start
// that
//   deep_chain has in this model's place;
// - surrogate: leading singular vectors of A*(y) (Kwon, Zhang, Song, Balzano & Qu, AISTATS 2024), who count the outer
//   factors as layers, {ε Vᵀ, ε I, U ε}: here depth 1, outer_scale ε and outer_step 1.
// Outer factors move with the step γη: the block of a factor F is F/√γ, and a step η in the block is a step γη in F,
// for gradient descent as for its relatives. At γ = 0 the blocks are 10¹⁰ F, and what they move by is lost in rounding.
#include "plugins/shared/matrix_chain.hpp"

namespace {

using namespace tightrope;

class CompressedChain final : public FactorizationModel {
 public:
  struct Options {
    Index depth = 3, rank = 0;
    Real scale = 1e-3, outer_step = 0.01, outer_scale = 1;
    std::vector<Real> factor_scales;
    std::string outer = "gradient";
    void declare(Parameters& p) {
      p.add("depth", depth, between(1, 60), "number L of inner factors");
      p.add("rank", rank, at_least(1), "r̂, of which twice as many columns are kept").required().example("2");
      p.add("scale", scale, above(0), "ε, singular values of the inner factors at the start");
      p.add("factor_scales", factor_scales, above(0), "further multiplier of each inner factor; all 1 by default");
      p.add("outer_step", outer_step, at_least(0), "γ, step of the outer factors as a multiple of that of the others");
      p.add("outer_scale", outer_scale, above(0), "singular values of the outer factors at the start");
      p.add("outer", outer, {"gradient", "surrogate"},
            "outer factors from the gradient at the wide start, or from the singular vectors of A*(y)");
    }
  };
  CompressedChain(const Options& o, const Context& context)
      : chain_(compressed_widths(context.shape, o.depth, o.rank)), root_(std::max(std::sqrt(o.outer_step), 1e-10)) {
    const std::vector<Real> scales = layer_scales(o.scale, o.factor_scales, o.depth);
    if (!context.known_sensing) return;  // a point of an earlier run is looked at, and has its outer factors
    const LowRank outer =
        o.outer == "gradient" ? frame_of_gradient(context, scales, o.rank) : frame_of_data(context, o.rank);
    start_.blocks.push_back(o.outer_scale / root_ * outer.right.t());
    for (const Real scale : scales) start_.blocks.push_back(scale * arma::eye(rank(), rank()));
    start_.blocks.push_back(o.outer_scale / root_ * outer.left);
  }

  std::vector<Block> blocks() const override {
    std::vector<Block> all = chain_.blocks();
    all.front().name = "V";
    for (Index l = 1; l + 1 < all.size(); ++l) all[l].name = "W" + std::to_string(l);
    all.back().name = "U";
    return all;
  }
  Index rank() const override { return chain_.rank(); }
  Sides sides(Blocks wanted) const override { return chain_.sides(wanted); }
  Factors start() const override { return start_.size() > 0 ? start_ : Space::start(); }
  void expand(const Factors& point, LowRank& X) const override { chain_.expand(outer_times(root_, point), X); }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    chain_.pull_back(outer_times(root_, point), gradient_of_X, wanted, gradient);
    gradient = outer_times(root_, std::move(gradient));
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    chain_.push_forward(outer_times(root_, point), outer_times(root_, direction), dX);
  }
  Factors from_svd(const Svd& svd) const override { return outer_times(1 / root_, chain_.from_svd(svd)); }

 private:
  static Factors outer_times(Real multiplier, Factors W) {
    W[0] *= multiplier;
    W[W.size() - 1] *= multiplier;
    return W;
  }

  MatrixChain chain_;  // Vᵀ, W_1, …, W_L, U
  Real root_;          // √γ
  Factors start_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, CompressedChain, "compressed_chain",
                 "X = U W_L ⋯ W_1 Vᵀ with small inner factors, made from the gradient at a wide chain's start",
                 "yaras2024, kwon2024")
