// ℓ(z; y) = ½ Σ_i (z_i − y_i)², slope z − y.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class LeastSquares final : public Loss {
 public:
  using Options = NoOptions;
  LeastSquares(const Options&, const Context&) {}

  Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      slope[i] = prediction[i] - data[i];
      sum += slope[i] * slope[i];
    }
    return sum / 2;
  }
};

}  // namespace

TIGHTROPE_PLUGIN(Loss, LeastSquares, "least_squares", "half the sum of squared residuals")
