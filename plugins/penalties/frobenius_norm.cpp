// P(X) = (λ/2)‖X‖_F², ridge regression's penalty. With X = L Rᵀ: ∇P R = λ L (RᵀR), ∇Pᵀ L = λ R (LᵀL).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class FrobeniusNorm final : public Penalty {
 public:
  struct Options {
    Real weight = 0;
    void declare(Parameters& p) {
      p.add("weight", weight, at_least(0), "λ, of (λ/2)‖X‖_F²").required().example("1e-3");
    }
  };
  FrobeniusNorm(const Options& options, const Context&) : weight_(options.weight) {}

  Real add(const LowRank& X, LowRank* gradient) const override {
    const Mat LL = X.left.t() * X.left, RR = X.right.t() * X.right;
    if (gradient) {
      gradient->left += weight_ * X.left * RR;
      gradient->right += weight_ * X.right * LL;
    }
    return weight_ / 2 * arma::dot(LL, RR);
  }

 private:
  Real weight_;
};

}  // namespace

TIGHTROPE_PLUGIN(Penalty, FrobeniusNorm, "frobenius_norm", "half the squared Frobenius norm of X, with a weight")
