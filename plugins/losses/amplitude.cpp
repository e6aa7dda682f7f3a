// Amplitudes: ℓ(z; y) = ½ Σ_i (√z_i − √y_i)² for intensities z ≥ 0, such as |a_iᴴx|² (Zhang, Zhou, Liang & Chi, JMLR
// 18, 2017; Wang, Giannakis & Eldar, IEEE Trans. Inf. Theory 64, 2018). Slope ½(1 − √(y/z)), curvature ¼ √y z^{−3/2}:
// convex in z, but the slope has no bound as z → 0. At z ≤ 0 the slope is 0, as in amplitude flow, where the sign of
// a_iᴴx = 0 counts as 0; data below 0 count as 0.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Amplitude final : public Loss {
 public:
  struct Options : Reduction {
    void declare(Parameters& p) { Reduction::declare(p, "the squares"); }
  };
  Amplitude(const Options& options, const Context& context) : weight_(options.weight(context)) {}

  Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      const Real amplitude = root(prediction[i]), measured = root(data[i]), gap = amplitude - measured;
      slope[i] = amplitude > 0 ? weight_ / 2 * gap / amplitude : 0;
      sum += gap * gap;
    }
    return weight_ * sum / 2;
  }
  void curvature(Index, std::span<const Real> prediction, std::span<const Real> data,
                 std::span<Real> curvature) const override {
    for (std::size_t i = 0; i < curvature.size(); ++i) {
      const Real amplitude = root(prediction[i]);
      curvature[i] = amplitude > 0 ? weight_ / 4 * root(data[i]) / (amplitude * amplitude * amplitude) : 0;
    }
  }

 private:
  static Real root(Real intensity) { return std::sqrt(std::max(intensity, 0.0)); }

  Real weight_;
};

}  // namespace

TIGHTROPE_PLUGIN(Loss, Amplitude, "amplitude", "half the sum of squared differences of square roots",
                 "zhang2017reshaped, wang2018")
