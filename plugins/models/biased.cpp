// X = V Wᵀ + b 1ᵀ/√n2 + 1 cᵀ/√n1: interactions, and what is particular to each row and to each column (Koren, Bell &
// Volinsky, Computer 42(8), 2009), with the optional ridge (λ/2)(‖V‖_F² + ‖W‖_F² + ‖b‖² + ‖c‖²). The ones are of norm
// 1, so that steps that suit V and W suit b and c. As a pair X = [V b 1/√n1] [W 1/√n2 c]ᵀ.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Biased final : public FactorizationModel {
 public:
  struct Options {
    Index rank = 0;
    Real ridge = 0;
    void declare(Parameters& p) {
      p.add("rank", rank, at_least(1), "factorization rank k, the number of columns of V and W")
          .required()
          .example("4");
      p.add("ridge", ridge, at_least(0), "weight λ of the penalty (λ/2)(‖V‖_F² + ‖W‖_F² + ‖b‖² + ‖c‖²)");
    }
  };
  Biased(const Options& options, const Context& context) : shape_(context.shape), options_(options) {}

  std::vector<Block> blocks() const override {
    return {{"V", shape_.rows, rank()}, {"W", shape_.cols, rank()}, {"b", shape_.rows, 1}, {"c", shape_.cols, 1}};
  }
  Index rank() const override { return options_.rank; }
  Sides sides(Blocks wanted) const override { return {wanted.has(0) || wanted.has(2), wanted.has(1) || wanted.has(3)}; }

  void expand(const Factors& point, LowRank& X) const override {
    X.left = arma::join_rows(point[0], point[2], ones(shape_.rows));
    X.right = arma::join_rows(point[1], ones(shape_.cols), point[3]);
  }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, point);
    const auto& [left, right] = gradient_of_X;
    if (wanted.has(0)) gradient[0] = left.head_cols(rank());
    if (wanted.has(1)) gradient[1] = right.head_cols(rank());
    if (wanted.has(2)) gradient[2] = left.col(rank());
    if (wanted.has(3)) gradient[3] = right.col(rank() + 1);
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX.left = arma::join_rows(direction[0], point[0], direction[2], ones(shape_.rows));
    dX.right = arma::join_rows(point[1], direction[1], ones(shape_.cols), direction[3]);
  }
  /// With e = 1/√n1 and g = 1/√n2: b = X g, c = Xᵀ e − (eᵀX g) g, and V Wᵀ of what is left, (I − eeᵀ) X (I − ggᵀ).
  Factors from_svd(const Svd& svd) const override {
    const LowRank X = balanced(svd);
    const Mat e = ones(shape_.rows), g = ones(shape_.cols), on_e = e.t() * X.left, on_g = g.t() * X.right;
    const Svd centred = tightrope::svd(LowRank{X.left - e * on_e, X.right - g * on_g});
    LowRank rest = balanced(truncated(centred, rank()));
    rest.left.resize(shape_.rows, rank());
    rest.right.resize(shape_.cols, rank());
    return {{rest.left, rest.right, X.left * on_g.t(), X.right * on_e.t() - g * (on_e * on_g.t())}};
  }
  Real add_penalty(const Factors& point, Blocks wanted, Factors* gradient) const override {
    if (options_.ridge == 0) return 0;
    for (Index b = 0; gradient && b < point.size(); ++b)
      if (wanted.has(b)) (*gradient)[b] += options_.ridge * point[b];
    return options_.ridge / 2 * dot(point, point);
  }

 private:
  /// Of norm 1.
  static Mat ones(Index n) { return Mat(n, 1, arma::fill::value(1 / std::sqrt(static_cast<Real>(n)))); }

  Shape shape_;
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, Biased, "biased", "X = V Wᵀ + b 1ᵀ/√n2 + 1 cᵀ/√n1, with row and column biases",
                 "koren2009")
