// Z = L Rᴴ ∈ C^{p×q} with L ∈ C^{p×k}, R ∈ C^{q×k}, seen as the real 2p × q matrix X = [Re Z; Im Z]. Blocks hold real
// and imaginary parts side by side, L = [L₁ L₂], R = [R₁ R₂]; X = [L₁ L₂; L₂ −L₁] R ᵀ, and the gradient is the real
// one, which for ½‖Z − M‖² is (Z − M)R and (Z − M)ᴴL. Metric: gradients of L are multiplied by (RᴴR + δI)⁻¹ and those
// of R by (LᴴL + δI)⁻¹, without damping by pseudo-inverses (complex ScaledGD: Tong, Ma & Chi, JMLR 22, 2021; Li, Cui &
// Zhang, 2024).
#include "plugins/shared/complex_pair.hpp"

namespace {

using namespace tightrope;

class ComplexAsymmetric final : public FactorizationModel {
 public:
  struct Options {
    Index rank = 0;
    Real balancing = 0;
    void declare(Parameters& p) {
      p.add("rank", rank, at_least(1), "factorization rank k, the number of complex columns").required().example("3");
      p.add("balancing", balancing, at_least(0), "weight λ of the penalty (λ/8)‖LᴴL − RᴴR‖_F²");
    }
  };
  ComplexAsymmetric(const Options& options, const Context& context)
      : shape_(context.shape), rank_(options.rank), balancing_(options.balancing) {
    if (shape_.rows % 2 != 0) throw Unsuitable("needs an even number of rows, real parts above imaginary ones");
  }

  std::vector<Block> blocks() const override {
    return {{"L", shape_.rows / 2, 2 * rank_}, {"R", shape_.cols, 2 * rank_}};
  }
  Index rank() const override { return 2 * rank_; }

  void expand(const Factors& point, LowRank& X) const override {
    X.left = left_of_pair(point[0]);
    X.right = point[1];
  }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, point);
    if (wanted.has(0)) gradient[0] = pulled_to_left(gradient_of_X.left);
    if (wanted.has(1)) gradient[1] = gradient_of_X.right;
  }
  Sides sides(Blocks wanted) const override { return {wanted.has(0), wanted.has(1)}; }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX.left = arma::join_rows(left_of_pair(direction[0]), left_of_pair(point[0]));
    dX.right = arma::join_rows(point[1], direction[1]);
  }
  Factors from_svd(const Svd& svd) const override {
    const ComplexSvd Z = complex_svd({svd.left * arma::diagmat(svd.values), svd.right}, rank_);
    return {{half_of(Z.U, Z.sigma, rank_), half_of(Z.V, Z.sigma, rank_)}};
  }
  void precondition(const Factors& point, Real damping, const Factors& gradient, Factors& direction) const override {
    direction.blocks.resize(2);
    direction[0] = gram_solve(multiplier(point[1]), damping, gradient[0]);
    direction[1] = gram_solve(multiplier(point[0]), damping, gradient[1]);
  }
  /// Tu et al., ICML 2016: gradients are ½λ L B and −½λ R B with B = LᴴL − RᴴR.
  Real add_penalty(const Factors& point, Blocks wanted, Factors* gradient) const override {
    if (balancing_ == 0) return 0;
    const Mat L = multiplier(point[0]), R = multiplier(point[1]), B = L.t() * L - R.t() * R;
    if (gradient && wanted.has(0)) (*gradient)[0] += balancing_ / 2 * point[0] * B;
    if (gradient && wanted.has(1)) (*gradient)[1] -= balancing_ / 2 * point[1] * B;
    return balancing_ / 16 * arma::accu(B % B);  // each complex entry is twice in B
  }

 private:
  Shape shape_;
  Index rank_;
  Real balancing_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, ComplexAsymmetric, "complex_asymmetric", "Z = L Rᴴ, complex, as a real matrix",
                 "tu2016, tong2021, li2024")
