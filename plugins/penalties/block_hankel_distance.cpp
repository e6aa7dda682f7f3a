// P(Z) = ½‖(I − 𝒢𝒢*)Z‖_F², half the squared distance of the complex matrix Z to the block Hankel matrices, the range of
// the isometry 𝒢 (Li, Cui & Zhang, IEEE TSP 72, 2024). Its gradient is Z − 𝒢𝒢*Z, and P = ½‖Z‖² − ½‖𝒢*Z‖²; products with
// Z = L Rᵀ are convolutions.
#include "plugins/shared/block_hankel.hpp"

namespace {

using namespace tightrope;

class BlockHankelDistance final : public Penalty {
 public:
  using Options = HankelOptions;
  BlockHankelDistance(const Options& options, const Context& context) : lift_(options.lift(context.shape)) {}

  Real add(const LowRank& X, LowRank* gradient) const override {
    const ComplexMat L = from_stacked(X.left), R = as_complex(X.right);
    const ComplexMat signal = lift_.adjoint(L, R);
    const Mat LL = X.left.t() * X.left, RR = X.right.t() * X.right;
    if (gradient) {
      gradient->left += X.left * RR - stacked(lift_.times(signal, R));
      gradient->right += X.right * LL - arma::real(lift_.hermitian_times(signal, L));
    }
    return (arma::dot(LL, RR) - arma::accu(arma::square(arma::abs(signal)))) / 2;
  }

 private:
  BlockHankel lift_;
};

}  // namespace

TIGHTROPE_PLUGIN(Penalty, BlockHankelDistance, "block_hankel_distance",
                 "half the squared distance to block Hankel matrices", "li2024")
