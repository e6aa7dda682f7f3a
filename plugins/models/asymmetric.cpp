// X = V Wᵀ, V ∈ R^{n1×k}, W ∈ R^{n2×k}, with the optional balancing penalty (λ/8)‖VᵀV − WᵀW‖_F² (Tu et al., ICML 2016;
// its gradient is ½λ V B, −½λ W B with B = VᵀV − WᵀW). Metric of Tong, Ma & Chi (JMLR 22, 2021): gradients are
// multiplied by (WᵀW + δI)⁻¹ and (VᵀV + δI)⁻¹; without damping by pseudo-inverses, taken from the factor's own singular
// values, since surplus columns make the Gram matrix singular.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Asymmetric final : public FactorizationModel {
 public:
  struct Options {
    Index rank = 0;
    Real balancing = 0;
    void declare(Parameters& p) {
      p.add("rank", rank, at_least(1), "factorization rank k, the number of columns of V and W")
          .required()
          .example("4");
      p.add("balancing", balancing, at_least(0), "weight λ of the penalty (λ/8)‖VᵀV − WᵀW‖_F²");
    }
  };
  Asymmetric(const Options& options, const Context& context)
      : shape_(context.shape), options_(options), team_(context.team) {}

  std::vector<Block> blocks() const override { return {{"V", shape_.rows, rank()}, {"W", shape_.cols, rank()}}; }
  Index rank() const override { return options_.rank; }
  Sides sides(Blocks wanted) const override { return {wanted.has(0), wanted.has(1)}; }

  void expand(const Factors& point, LowRank& X) const override {
    assign(*team_, point[0], X.left);
    assign(*team_, point[1], X.right);
  }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    gradient.blocks.resize(2);
    for (Index b = 0; b < 2; ++b) {
      if (wanted.has(b))
        assign(*team_, b == 0 ? gradient_of_X.left : gradient_of_X.right, gradient[b]);
      else
        gradient[b].zeros(arma::size(point[b]));
    }
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX.left = arma::join_rows(direction[0], point[0]);
    dX.right = arma::join_rows(point[1], direction[1]);
  }
  Factors from_svd(const Svd& svd) const override {
    LowRank X = balanced(truncated(svd, rank()));
    X.left.resize(shape_.rows, rank());
    X.right.resize(shape_.cols, rank());
    return {{X.left, X.right}};
  }
  Real add_penalty(const Factors& point, Blocks wanted, Factors* gradient) const override {
    if (options_.balancing == 0) return 0;
    const Mat B = point[0].t() * point[0] - point[1].t() * point[1];
    const Real half = options_.balancing / 2;
    if (gradient && wanted.has(0)) (*gradient)[0] += half * point[0] * B;
    if (gradient && wanted.has(1)) (*gradient)[1] -= half * point[1] * B;
    return options_.balancing / 8 * arma::accu(B % B);
  }
  void precondition(const Factors& point, Real damping, const Factors& gradient, Factors& direction) const override {
    direction.blocks.resize(2);
    direction[0] = gram_solve(point[1], damping, gradient[0]);
    direction[1] = gram_solve(point[0], damping, gradient[1]);
  }

 private:
  Shape shape_;
  Options options_;
  std::shared_ptr<const Team> team_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, Asymmetric, "asymmetric", "X = V Wᵀ", "tu2016, tong2021")
