// ℓ(z; y) = ½ Σ_i (z_i − y_i)², slope z − y; as a mean it is divided by m.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class LeastSquares final : public Loss {
 public:
  struct Options : Reduction {
    void declare(Parameters& p) { Reduction::declare(p, "the squares"); }
  };
  LeastSquares(const Options& options, const Context& context) : weight_(options.weight(context)) {}

  Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      const Real residual = prediction[i] - data[i];
      slope[i] = weight_ * residual;
      sum += residual * residual;
    }
    return weight_ * sum / 2;
  }
  void curvature(Index, std::span<const Real>, std::span<const Real>, std::span<Real> curvature) const override {
    std::fill(curvature.begin(), curvature.end(), weight_);
  }

 private:
  Real weight_;
};

}  // namespace

TIGHTROPE_PLUGIN(Loss, LeastSquares, "least_squares", "half the sum of squared residuals")
