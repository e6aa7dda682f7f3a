// X = ρ(Z), entry by entry: Z is a reparametrization of X. Gradient flow in Z goes to the solution of A(X) = y that is
// nearest to the start in the Bregman divergence of a potential h with h″(x) = 1/ρ'(ρ⁻¹(x))² (Chou, Maly & Stöger,
// arXiv 2308.04921, 2023). With ρ(z) = z^L it is the product of L equal factors on positive entries, which prefers
// sparse ones from a small start α (Chou, Maly & Rauhut, Inf. Inference 12(3), 2023), time running L times as fast as
// in that paper, where each factor has a gradient of its own; with sgn(z)|z|^{2/p} it prefers a small ‖X‖_p. With G =
// A*(∂ℓ): ∇_Z = ρ'(Z) ⊙ G. Vectors are n × 1.
#include "plugins/shared/entrywise.hpp"

namespace {

using namespace tightrope;

struct EntrywiseOptions : Reparametrization {
  Real start = 0.01;
  void declare(Parameters& p) {
    Reparametrization::declare(p);
    p.add("start", start, any(), "α, all entries of X in its own start");
  }
};

class Entrywise final : public FactorizationModel {
 public:
  using Options = EntrywiseOptions;
  Entrywise(const Options& options, const Context& context)
      : rho_(options), start_(options.start), shape_(context.shape) {}

  std::vector<Block> blocks() const override { return {{"Z", shape_.rows, shape_.cols}}; }
  Index rank() const override { return std::min(shape_.rows, shape_.cols); }
  Factors start() const override {
    if (rho_.derivative(rho_.inverse(start_)) == 0)
      throw Unsuitable("needs a 'start' other than 0, but there ρ' is 0 and nothing moves");
    return {{Mat(shape_.rows, shape_.cols, arma::fill::value(rho_.inverse(start_)))}};
  }

  void expand(const Factors& point, LowRank& X) const override {
    X.left = point[0];
    for (Real& x : X.left) x = rho_.value(x);
    X.right.eye(shape_.cols, shape_.cols);
  }
  Sides sides(Blocks) const override { return {true, false}; }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, point);
    if (!wanted.has(0)) return;
    for (Index i = 0; i < shape_.entries(); ++i) gradient[0][i] = rho_.derivative(point[0][i]) * gradient_of_X.left[i];
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX.left = direction[0];
    for (Index i = 0; i < shape_.entries(); ++i) dX.left[i] *= rho_.derivative(point[0][i]);
    dX.right.eye(shape_.cols, shape_.cols);
  }
  Factors from_svd(const Svd& svd) const override {
    Mat Z = svd.left * arma::diagmat(svd.values) * svd.right.t();
    for (Real& z : Z) z = rho_.inverse(z);
    return {{Z}};
  }

 private:
  Reparametrization rho_;
  Real start_;
  Shape shape_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, Entrywise, "entrywise", "X = ρ(Z) entry by entry: a power, tan or sinh",
                 "chou2023less, chou2023induce")
