// μ_t = μ_0/(1 + t/τ): constant at first, then falling like 1/t. Put your rule here, with authors, journal and year.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public StepSize {
 public:
  // The parameters of the config. A required one has no default; its example is what templates and tests use.
  struct Options {
    Real first = 0, horizon = 100;
    void declare(Parameters& p) {
      p.add("first", first, above(0), "μ_0").required().example("0.2");
      p.add("horizon", horizon, above(0), "τ, the iteration at which half of it is left");
    }
  };
  MyPlugin(const Options& options, const Context&) : options_(options) {}

  // How far to go along the direction. Trial points are asked of the objective, which counts them; what is remembered
  // lies in the memory. A step of 0 ends the run as stalled.
  Step choose(const Iterate& at, const Factors&, Objective&, Memory&) const override {
    return options_.first / (1 + static_cast<Real>(at.iteration) / options_.horizon);
  }

 private:
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, MyPlugin, "my_plugin", "falls like 1/t after a number of iterations")
