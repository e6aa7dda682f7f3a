// Polyak's step (USSR Comput. Math. Math. Phys. 9, 1969): along d, the linear model f(p) + μ ⟨∇f(p), d⟩ reaches the
// optimum f* at μ = (f(p) − f*)/⟨∇f(p), −d⟩. That is (f − f*)/‖∇f‖² for d = −∇f, and for d = −M⁻¹∇f the step of the
// scaled subgradient method, (f − f*)/⟨∇f, M⁻¹∇f⟩ (Tong, Ma & Chi, IEEE Trans. Signal Process. 69, 2021).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Polyak final : public StepSize {
 public:
  struct Options {
    std::optional<Real> optimum;
    Real factor = 1;
    void declare(Parameters& p) {
      p.add("optimum", optimum, any(),
            "f*; if it is left out, the objective at X*, for which the target must be known");
      p.add("factor", factor, above(0), "multiplies the step; methods of descent towards a minimizer want less than 2");
    }
  };
  Polyak(const Options& options, const Context& context)
      : factor_(options.factor), optimum_(options.optimum ? *options.optimum : at_truth(context)) {}

  Step choose(const Iterate& at, const Factors& direction, Objective& objective, Memory&) const override {
    if (optimum_ != 0 && at.rows.count < objective.counters().measurements)
      throw Unsuitable("needs the objective of all measurements, but a batch has an optimum of its own");
    const Real gap = at.value - optimum_, descent = -dot(at.gradient, direction), step = factor_ * gap / descent;
    if (gap <= 0)
      return {EndClass::converged, "the objective, " + text(at.value) + ", is at its optimum, " + text(optimum_)};
    if (descent > 0 && std::isfinite(step)) return step;
    return {EndClass::stalled,
            "the direction has a slope of " + text(-descent) + ", along which the optimum is not reached"};
  }
  bool needs_descent() const override { return true; }

 private:
  /// A penalty is that of the model's own point for X*.
  static Real at_truth(const Context& context) {
    Vec z, slope;
    context.sensing().forward(context.truth().X, z);
    return context.sensing().slope(z, slope) +
           context.model().add_penalty(context.model().from_svd(context.truth().svd), Blocks::all(), nullptr);
  }
  static std::string text(Real value) {
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%.3e", value);
    return digits.data();
  }

  Real factor_, optimum_;
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Polyak, "polyak", "the step at which the linear model reaches the optimum",
                 "polyak1969, tong2021robust")
