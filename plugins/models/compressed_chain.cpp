// The compressed form of a deep chain of orthogonal start, X = U W_L ⋯ W_1 Vᵀ with inner factors of size 2r̂ × 2r̂,
// W_l(0) = ε_l I, and outer factors made from the problem:
// - gradient: from ∂f/∂W_1 at the start of the wide chain (Yaras, Wang, Balzano & Qu, ICML 2024), which is the start
// that
//   deep_chain has in this model's place;
// - surrogate: leading singular vectors of A*(y) (Kwon, Zhang, Song, Balzano & Qu, AISTATS 2024), who count the outer
//   factors as layers, {ε Vᵀ, ε I, U ε}: here depth 1, outer_scale ε and outer_step 1.
// Outer factors move with the step γη: the block of a factor F is F/√γ, and a step η in the block is a step γη in F,
// for gradient descent as for its relatives. At γ = 0 they stay, and are no blocks.
#include "plugins/shared/matrix_chain.hpp"

namespace {

using namespace tightrope;

class CompressedChain final : public FactorizationModel {
 public:
  struct Options {
    Index depth = 3, rank = 0;
    std::vector<Real> scale = {1e-3};
    Real outer_step = 0, outer_scale = 1;
    std::string outer = "gradient";
    void declare(Parameters& p) {
      p.add("depth", depth, between(1, 60), "number L of inner factors");
      p.add("rank", rank, at_least(1), "r̂, of which twice as many columns are kept").required().example("2");
      p.add("scale", scale, above(0),
            "ε_1 … ε_L, or one for all: singular values of the inner factors at the start");
      p.add("outer_step", outer_step, at_least(0), "γ, step of the outer factors as a multiple of that of the others");
      p.add("outer_scale", outer_scale, above(0), "singular values of the outer factors at the start");
      p.add("outer", outer, {"gradient", "surrogate"},
            "outer factors from the gradient at the wide start, or from the singular vectors of A*(y)");
    }
  };
  CompressedChain(const Options& o, const Context& context)
      : depth_(o.depth),
        scales_(layer_scales(o.scale, o.depth)),
        root_(std::sqrt(o.outer_step)),
        chain_(compressed_widths(context.shape, o.depth, o.rank)),
        outer_(o.outer == "gradient" ? frame_of_gradient(context, scales_, o.rank) : frame_of_data(context, o.rank)) {
    outer_.left *= o.outer_scale;
    outer_.right *= o.outer_scale;
  }

  std::vector<Block> blocks() const override {
    std::vector<Block> all = chain_.blocks();
    for (Index l = 1; l <= depth_; ++l) all[l].name = "W" + std::to_string(l);
    if (!moves()) return {all.begin() + 1, all.end() - 1};
    all.front().name = "V";
    all.back().name = "U";
    return all;
  }
  Index rank() const override { return chain_.rank(); }
  Factors start() const override {
    Factors W{{outer_.right.t()}};
    for (const Real scale : scales_) W.blocks.push_back(scale * arma::eye(rank(), rank()));
    W.blocks.push_back(outer_.left);
    return to_blocks(std::move(W), 1 / root_);
  }
  void expand(const Factors& point, LowRank& X) const override { chain_.expand(to_factors(point), X); }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    Factors of_factors;
    chain_.pull_back(to_factors(point), gradient_of_X, moves() ? wanted : Blocks::of(wanted.bits() << 1), of_factors);
    gradient = to_blocks(std::move(of_factors), root_);
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    Factors moved = to_factors(direction);
    if (!moves()) {
      moved[0].zeros();
      moved[depth_ + 1].zeros();
    }
    chain_.push_forward(to_factors(point), moved, dX);
  }
  Factors from_svd(const Svd& svd) const override {
    return to_blocks(moves() ? chain_.from_svd(svd) : within_frame(svd, outer_, depth_), 1 / root_);
  }

 private:
  bool moves() const { return root_ > 0; }
  /// Of the factors Vᵀ, W_1, …, W_L, U; the outer two are multiplied, or left out.
  Factors to_blocks(Factors W, Real multiplier) const {
    if (!moves()) return {{W.blocks.begin() + 1, W.blocks.end() - 1}};
    W[0] *= multiplier;
    W[depth_ + 1] *= multiplier;
    return W;
  }
  Factors to_factors(Factors point) const {
    if (moves()) return to_blocks(std::move(point), root_);
    point.blocks.insert(point.blocks.begin(), outer_.right.t());
    point.blocks.push_back(outer_.left);
    return point;
  }

  Index depth_;
  std::vector<Real> scales_;
  Real root_;  // √γ
  MatrixChain chain_;
  LowRank outer_;  // U and V at the start
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, CompressedChain, "compressed_chain",
                 "X = U W_L ⋯ W_1 Vᵀ with small inner factors, made from the gradient at a wide chain's start",
                 "yaras2024, kwon2024")
