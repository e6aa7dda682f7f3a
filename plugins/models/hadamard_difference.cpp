// X = U^{⊙L} − V^{⊙L}, powers entry by entry: the product of L equal factors for entries of both signs (Chou, Maly &
// Rauhut, Inf. Inference 12(3), 2023; L = 2: Woodworth et al., COLT 2020). With G = A*(∂ℓ): ∇_U = L U^{⊙(L−1)} ⊙ G and
// ∇_V = −L V^{⊙(L−1)} ⊙ G. For L = 2 gradient flow conserves U ⊙ V, and from U² = V² = α it ends where
// Σ x asinh(x/2α) − (x² + 4α²)^{1/2} is least: near the least ‖X‖₁ for small α, near the least ‖X‖_F for large.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class HadamardDifference final : public FactorizationModel {
 public:
  struct Options {
    Index depth = 2;
    Real start = 0.01;
    void declare(Parameters& p) {
      p.add("depth", depth, between(1, 100), "L, number of equal factors");
      p.add("start", start, above(0), "α, all entries of U^{⊙L} and of V^{⊙L} in its own start");
    }
  };
  HadamardDifference(const Options& options, const Context& context) : o_(options), shape_(context.shape) {}

  std::vector<Block> blocks() const override {
    return {{"U", shape_.rows, shape_.cols}, {"V", shape_.rows, shape_.cols}};
  }
  Index rank() const override { return std::min(shape_.rows, shape_.cols); }
  Factors start() const override {
    const Mat half(shape_.rows, shape_.cols, arma::fill::value(root(o_.start)));
    return {{half, half}};
  }

  void expand(const Factors& point, LowRank& X) const override {
    X.left.set_size(shape_.rows, shape_.cols);
    for (Index i = 0; i < X.left.n_elem; ++i) X.left[i] = power(point[0][i], o_.depth) - power(point[1][i], o_.depth);
    X.right.eye(shape_.cols, shape_.cols);
  }
  Sides sides(Blocks) const override { return {true, false}; }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, point);
    for (Index b = 0; b < 2; ++b)
      for (Index i = 0; wanted.has(b) && i < shape_.entries(); ++i)
        gradient[b][i] = derivative(point, b, i) * gradient_of_X.left[i];
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX.left.set_size(shape_.rows, shape_.cols);
    for (Index i = 0; i < dX.left.n_elem; ++i)
      dX.left[i] = derivative(point, 0, i) * direction[0][i] + derivative(point, 1, i) * direction[1][i];
    dX.right.eye(shape_.cols, shape_.cols);
  }
  Factors from_svd(const Svd& svd) const override {
    const Mat X = svd.left * arma::diagmat(svd.values) * svd.right.t();
    Factors point = zeros(blocks());
    for (Index i = 0; i < X.n_elem; ++i) point[X[i] < 0][i] = root(std::abs(X[i]));
    return point;
  }

 private:
  Real root(Real x) const { return std::pow(x, 1 / static_cast<Real>(o_.depth)); }
  static Real power(Real z, Index exponent) { return std::pow(z, static_cast<Real>(exponent)); }
  Real derivative(const Factors& point, Index block, Index i) const {
    return (block == 0 ? 1 : -1) * static_cast<Real>(o_.depth) * power(point[block][i], o_.depth - 1);
  }

  Options o_;
  Shape shape_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, HadamardDifference, "hadamard_difference", "X = U^{⊙L} − V^{⊙L}, entry by entry",
                 "chou2023less, woodworth2020")
