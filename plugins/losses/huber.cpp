// Huber's loss (Ann. Math. Statist. 35, 1964): ℓ(z; y) = Σ_i h(z_i − y_i), h(r) = ½ r² for |r| ≤ δ and δ|r| − ½ δ²
// beyond; slope r, cut off at ±δ, and curvature 1 inside, 0 outside. Elsener & van de Geer (Ann. Statist. 46, 2018)
// recover low-rank matrices with it. δ → ∞ is least squares, and ℓ/δ for δ → 0 the absolute loss.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Huber final : public Loss {
 public:
  struct Options : Reduction {
    Real threshold = 0;
    void declare(Parameters& p) {
      p.add("threshold", threshold, above(0), "δ, the residual from which on the loss is linear")
          .required()
          .example("0.1");
      Reduction::declare(p, "the terms");
    }
  };
  Huber(const Options& options, const Context& context)
      : threshold_(options.threshold), weight_(options.weight(context)) {}

  Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      const Real residual = prediction[i] - data[i], size = std::abs(residual);
      const bool is_inside = size <= threshold_;
      slope[i] = weight_ * (is_inside ? residual : std::copysign(threshold_, residual));
      sum += is_inside ? residual * residual / 2 : threshold_ * (size - threshold_ / 2);
    }
    return weight_ * sum;
  }
  void curvature(Index, std::span<const Real> prediction, std::span<const Real> data,
                 std::span<Real> curvature) const override {
    for (std::size_t i = 0; i < curvature.size(); ++i)
      curvature[i] = std::abs(prediction[i] - data[i]) <= threshold_ ? weight_ : 0;
  }

 private:
  Real threshold_, weight_;
};

}  // namespace

TIGHTROPE_PLUGIN(Loss, Huber, "huber", "squares of small residuals, absolute values of large ones",
                 "huber1964, elsener2018")
