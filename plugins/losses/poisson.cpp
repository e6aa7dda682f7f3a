// Negative log-likelihood of counts y_i that are Poisson distributed with means z_i: Σ_i z_i − y_i log z_i (Chen &
// Candès, Comm. Pure Appl. Math. 70, 2017, for intensities |a_iᴴx|²), of which its value at z = y is taken off, so that
// a perfect fit costs nothing: ℓ(z; y) = Σ_i z_i − y_i − y_i log(z_i/y_i), slope 1 − y/z, curvature y/z². Below a floor
// ε the logarithm is continued by its Taylor polynomial of second order, and the z in front of it stops at 0, so that
// predictions of 0 and below have finite prices; data below 0 count as 0.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Poisson final : public Loss {
 public:
  struct Options : Reduction {
    Real floor = 1e-10;
    void declare(Parameters& p) {
      p.add("floor", floor, above(0), "ε, the prediction below which the logarithm is continued by a parabola");
      Reduction::declare(p, "the terms");
    }
  };
  Poisson(const Options& options, const Context& context) : floor_(options.floor), weight_(options.weight(context)) {}

  Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      const Real z = prediction[i], y = std::max(data[i], 0.0), above = std::max(z, floor_), t = (z - above) / floor_;
      slope[i] = weight_ * ((z > 0 ? 1 : 0) - y * (1 - t) / above);
      sum += std::max(z, 0.0) - y;
      if (y > 0) sum -= y * (std::log(above / y) + t - t * t / 2);
    }
    return weight_ * sum;
  }
  void curvature(Index, std::span<const Real> prediction, std::span<const Real> data,
                 std::span<Real> curvature) const override {
    for (std::size_t i = 0; i < curvature.size(); ++i) {
      const Real above = std::max(prediction[i], floor_);
      curvature[i] = weight_ * std::max(data[i], 0.0) / (above * above);
    }
  }

 private:
  Real floor_, weight_;
};

}  // namespace

TIGHTROPE_PLUGIN(Loss, Poisson, "poisson", "negative log-likelihood of counts", "chen2017")
