// Negative log-likelihood of signs (Davenport, Plan, van den Berg & Wootters, Inf. Inference 3, 2014): y_i is 1 with
// probability 1/(1 + exp(−z_i/s)) and else −1, so that ℓ(z; y) = Σ_i log(1 + exp(−y_i z_i/s)). Its slope is −(y/s) q
// and its curvature (y/s)² q (1 − q), with q = 1/(1 + exp(y z/s)) the probability of the sign that did not come.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Logistic final : public Loss {
 public:
  struct Options : Reduction {
    Real scale = 1;
    void declare(Parameters& p) {
      p.add("scale", scale, above(0), "s, the prediction that stands for a log-odds of 1");
      Reduction::declare(p, "the terms");
    }
  };
  Logistic(const Options& options, const Context& context) : scale_(options.scale), weight_(options.weight(context)) {}

  Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      const Real margin = data[i] * prediction[i] / scale_;
      slope[i] = -weight_ * data[i] / scale_ * probability(-margin);
      sum += std::max(-margin, 0.0) + std::log1p(std::exp(-std::abs(margin)));
    }
    return weight_ * sum;
  }
  bool is_of_residuals() const override { return false; }
  void curvature(Index, std::span<const Real> prediction, std::span<const Real> data,
                 std::span<Real> curvature) const override {
    for (std::size_t i = 0; i < curvature.size(); ++i) {
      const Real factor = data[i] / scale_, margin = factor * prediction[i];
      curvature[i] = weight_ * factor * factor * probability(margin) * probability(-margin);
    }
  }

 private:
  /// 1/(1 + exp(−x)), without overflow.
  static Real probability(Real x) {
    const Real e = std::exp(-std::abs(x));
    return (x >= 0 ? 1 : e) / (1 + e);
  }

  Real scale_, weight_;
};

}  // namespace

TIGHTROPE_PLUGIN(Loss, Logistic, "logistic", "negative log-likelihood of signs, for 1-bit data", "davenport2014")
