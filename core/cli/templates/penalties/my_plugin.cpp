// A smooth penalty on the size of X: P(X) = λ(√(1 + ‖X‖_F²) − 1), which grows like ‖X‖_F and not like its square. With
// X = L Rᵀ and c = λ/√(1 + ‖X‖_F²): ∇P R = c L (RᵀR), ∇Pᵀ L = c R (LᵀL). Put your penalty here, with its source.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public Penalty {
 public:
  // The parameters of the config. A required one has no default; its example is what templates and tests use.
  struct Options {
    Real weight = 0;
    void declare(Parameters& p) { p.add("weight", weight, at_least(0), "λ").required().example("1e-3"); }
  };
  MyPlugin(const Options& options, const Context&) : weight_(options.weight) {}

  // P(L Rᵀ), the same for every pair with this product, without forming it. The gradient is added to what is there:
  // ∇P(X) R (n1 × k) on the left, ∇P(X)ᵀ L (n2 × k) on the right; null asks for the value alone.
  Real add(const LowRank& X, LowRank* gradient) const override {
    const Mat LL = X.left.t() * X.left, RR = X.right.t() * X.right;
    const Real root = std::sqrt(1 + arma::dot(LL, RR));
    if (gradient) {
      gradient->left += weight_ / root * X.left * RR;
      gradient->right += weight_ / root * X.right * LL;
    }
    return weight_ * (root - 1);
  }

 private:
  Real weight_;
};

}  // namespace

TIGHTROPE_PLUGIN(Penalty, MyPlugin, "my_plugin", "a penalty that grows like the norm of X")
