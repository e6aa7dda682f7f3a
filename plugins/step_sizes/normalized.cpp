// Normalized steps (Shor, Minimization Methods for Non-Differentiable Functions, 1985): μ = ℓ/‖d‖_F, so that every step
// has the length ℓ.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Normalized final : public StepSize {
 public:
  struct Options {
    Real length = 0;
    void declare(Parameters& p) { p.add("length", length, above(0), "ℓ").required().example("0.05"); }
  };
  Normalized(const Options& options, const Context&) : length_(options.length) {}

  Step choose(const Iterate&, const Factors& direction, Objective&, Memory&) const override {
    const Real size = norm(direction);
    return size > 0 ? Step(length_ / size) : Step(0);
  }

 private:
  Real length_;
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Normalized, "normalized", "steps of a given length", "shor1985")
