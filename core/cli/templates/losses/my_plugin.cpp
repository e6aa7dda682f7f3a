// A smooth relative of Huber's loss: ℓ(z; y) = Σ_i δ² (√(1 + (r_i/δ)²) − 1) with r = z − y, quadratic for small
// residuals and linear for large ones. Put your loss here, with authors, journal and year.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public Loss {
 public:
  // The parameters of the config: name, variable (its value is the default), range, meaning.
  struct Options {
    Real width = 1;
    void declare(Parameters& p) { p.add("width", width, above(0), "δ, where the loss turns from squares to sizes"); }
  };
  MyPlugin(const Options& options, const Context&) : width_(options.width) {}

  // Value of a block of measurements; slope_i = ∂ℓ/∂z_i.
  Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      const Real residual = prediction[i] - data[i], root = std::hypot(1, residual / width_);
      slope[i] = residual / root;
      sum += residual * residual / (root + 1);  // δ² (√(1 + (r/δ)²) − 1) without cancellation
    }
    return sum;
  }
  // ∂²ℓ/∂z_i², for methods that ask for it. Without this function the loss has none, and such methods refuse it.
  void curvature(Index, std::span<const Real> prediction, std::span<const Real> data,
                 std::span<Real> curvature) const override {
    for (std::size_t i = 0; i < curvature.size(); ++i)
      curvature[i] = std::pow(std::hypot(1, (prediction[i] - data[i]) / width_), -3);
  }

 private:
  Real width_;
};

}  // namespace

TIGHTROPE_PLUGIN(Loss, MyPlugin, "my_plugin", "squares of small residuals, sizes of large ones, and smooth")
