// Z = U Uᴴ ∈ C^{n×n}, Hermitian and positive semidefinite: states of quantum systems, signals x xᴴ behind their
// magnitudes. The block is U = [U₁ U₂], real and imaginary parts, and X one of two real forms of Z, with K = [U₁ U₂; U₂
// −U₁]: [Re Z; Im Z] = K Uᵀ, 2n × n, or [Re Z, −Im Z; Im Z, Re Z] = K Kᵀ, 2n × 2n, which is semidefinite itself. The
// gradient is the real one, which in the first form is 2(Z − M)U for ½‖Z − M‖², twice that of papers that differentiate
// with respect to the conjugate of U: their step η is η/2 here. Metric: gradients are multiplied by (UᴴU + δI)⁻¹,
// without damping by the pseudo-inverse.
#include "plugins/shared/complex_pair.hpp"

namespace {

using namespace tightrope;

class ComplexSymmetric final : public FactorizationModel {
 public:
  struct Options {
    Index rank = 0;
    void declare(Parameters& p) {
      p.add("rank", rank, at_least(1), "factorization rank k, the number of complex columns of U")
          .required()
          .example("3");
    }
  };
  ComplexSymmetric(const Options& options, const Context& context)
      : size_(context.shape.rows / 2), rank_(options.rank), is_square_(context.shape.cols == 2 * size_) {
    if (context.shape.rows % 2 != 0 || (!is_square_ && context.shape.cols != size_))
      throw Unsuitable("needs a shape of 2n × n or 2n × 2n, but this one is " + std::to_string(context.shape.rows) +
                       " × " + std::to_string(context.shape.cols));
  }

  std::vector<Block> blocks() const override { return {{"U", size_, 2 * rank_}}; }
  Index rank() const override { return 2 * rank_; }

  void expand(const Factors& point, LowRank& X) const override {
    X.left = left_of_pair(point[0]);
    X.right = is_square_ ? X.left : point[0];
  }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, point);
    const Mat& right = gradient_of_X.right;
    if (wanted.has(0)) gradient[0] = pulled_to_left(gradient_of_X.left) + (is_square_ ? pulled_to_left(right) : right);
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX.left = arma::join_rows(left_of_pair(direction[0]), left_of_pair(point[0]));
    dX.right = is_square_ ? Mat(arma::join_rows(dX.left.tail_cols(rank()), dX.left.head_cols(rank())))
                          : Mat(arma::join_rows(point[0], direction[0]));
  }
  Factors from_svd(const Svd& svd) const override {
    // (X₁₁ + X₂₂)/2 + i(X₂₁ − X₁₂)/2 in the square form
    const ComplexMat L = from_stacked(svd.left * arma::diagmat(svd.values * (is_square_ ? 0.5 : 1)));
    const ComplexSvd Z = complex_positive_part(L, is_square_ ? from_stacked(svd.right) : as_complex(svd.right), rank_);
    return {{half_of(Z.U, Z.sigma, rank_)}};
  }
  bool is_semidefinite() const override { return is_square_; }
  void precondition(const Factors& point, Real damping, const Factors& gradient, Factors& direction) const override {
    direction.blocks.resize(1);
    direction[0] = gram_solve(multiplier(point[0]), damping, gradient[0]);
  }

 private:
  Index size_, rank_;
  bool is_square_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, ComplexSymmetric, "complex_symmetric",
                 "Z = U Uᴴ, Hermitian and positive semidefinite, as a real matrix", "kim2023")
