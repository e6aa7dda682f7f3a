// μ_t = μ_0 q^t (Goffin, Math. Program. 13, 1977), for sharp losses that are not smooth: with a suitable q the error
// falls by q in each iteration, too. For subgradients −d the length of the step is prescribed, μ_t/‖d‖_F, and for
// scaled ones its length in the metric, μ_t/√⟨−∇f, d⟩ (Tong, Ma & Chi, IEEE Trans. Signal Process. 69, 2021: q = 0.91,
// μ_0 = 5).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class GeometricDecay final : public StepSize {
 public:
  struct Options {
    Real first = 0, factor = 0;
    std::string normalized_by = "none";
    void declare(Parameters& p) {
      p.add("first", first, above(0), "μ_0").required().example("0.2");
      p.add("factor", factor, above_at_most(0, 1), "q, by which the step size falls in each iteration")
          .required()
          .example("0.99");
      p.add("normalized_by", normalized_by, {"none", "direction", "slope"},
            "what μ_t is divided by: nothing, the norm of the direction, or the root of the slope along it, which for "
            "scaled gradients is their norm in the metric");
    }
  };
  GeometricDecay(const Options& options, const Context&) : options_(options) {}

  Step choose(const Iterate& at, const Factors& direction, Objective&, Memory&) const override {
    const Real step = options_.first * std::pow(options_.factor, static_cast<Real>(at.iteration));
    if (options_.normalized_by == "none") return step;
    const Real length =
        options_.normalized_by == "direction" ? norm(direction) : std::sqrt(-dot(at.gradient, direction));
    return length > 0 ? Step(step / length) : Step(0);
  }
  bool needs_descent() const override { return options_.normalized_by == "slope"; }

 private:
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, GeometricDecay, "geometric_decay", "falls by a factor in each iteration",
                 "goffin1977, tong2021robust")
