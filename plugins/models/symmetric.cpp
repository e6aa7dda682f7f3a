// X = U Uᵀ, U ∈ R^{n×k}, for positive semidefinite truths. By the chain rule ∇f(U) = (G + Gᵀ)U with G = A*(∂ℓ): for
// ℓ = ½‖z − y‖² and symmetric A_i this is 2 A*(A(UUᵀ) − y) U, twice the gradient of the papers that minimise ¼‖A(UUᵀ) −
// y‖²; their step size μ is μ/2 here. Metric: gradients are multiplied by (UᵀU + δI)⁻¹, without damping by the
// pseudo-inverse.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Symmetric final : public FactorizationModel {
 public:
  struct Options {
    Index rank = 0;
    void declare(Parameters& p) {
      p.add("rank", rank, at_least(1), "factorization rank k, the number of columns of U").required().example("4");
    }
  };
  Symmetric(const Options& options, const Context& context) : size_(context.shape.rows), rank_(options.rank) {
    if (context.shape.cols != size_)
      throw Unsuitable("needs a square problem, but this one is " + std::to_string(size_) + " × " +
                       std::to_string(context.shape.cols));
  }

  std::vector<Block> blocks() const override { return {{"U", size_, rank_}}; }
  Index rank() const override { return rank_; }

  void expand(const Factors& point, LowRank& X) const override {
    X.left = point[0];
    X.right = point[0];
  }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, point);
    if (wanted.has(0)) gradient[0] = gradient_of_X.left + gradient_of_X.right;
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX.left = arma::join_rows(direction[0], point[0]);
    dX.right = arma::join_rows(point[0], direction[0]);
  }
  Factors from_svd(const Svd& svd) const override {
    const bool is_semidefinite_itself =
        std::equal(svd.left.begin(), svd.left.end(), svd.right.begin(), svd.right.end());
    Mat U = balanced(is_semidefinite_itself ? truncated(svd, rank_)
                                            : positive_part({svd.left * arma::diagmat(svd.values), svd.right}, rank_))
                .left;
    U.resize(size_, rank_);
    return {{U}};
  }
  bool is_semidefinite() const override { return true; }
  void precondition(const Factors& point, Real damping, const Factors& gradient, Factors& direction) const override {
    direction.blocks.resize(1);
    direction[0] = gram_solve(point[0], damping, gradient[0]);
  }

 private:
  Index size_, rank_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, Symmetric, "symmetric", "X = U Uᵀ, positive semidefinite")
