// ℓ(z; y) = Σ_i |z_i − y_i|, slope sign(z − y), 0 at kinks; as a mean it is divided by m. With standard normal A_i, Li,
// Zhu, So & Vidal (SIAM J. Optim. 30, 2020) and Ma & Fattahi (Math. Oper. Res., 2025) take the mean; Giampouras, Cai &
// Vidal (ICML 2025) take the sum over A_i/m, which is the same, and the programs of Tong, Ma & Chi (IEEE Trans. Signal
// Process. 69, 2021) the sum. Polyak's step does not see the difference.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Absolute final : public Loss {
 public:
  struct Options : Reduction {
    void declare(Parameters& p) { Reduction::declare(p, "the absolute values"); }
  };
  Absolute(const Options& options, const Context& context) : weight_(options.weight(context)) {}

  Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      const Real residual = prediction[i] - data[i];
      slope[i] = residual == 0 ? 0 : std::copysign(weight_, residual);
      sum += std::abs(residual);
    }
    return weight_ * sum;
  }

 private:
  Real weight_;
};

}  // namespace

TIGHTROPE_PLUGIN(Loss, Absolute, "absolute", "sum of absolute residuals, robust against outliers", "li2020, ma2025")
