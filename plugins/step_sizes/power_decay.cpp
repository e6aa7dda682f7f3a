// μ_t = μ_0 (1 + t/c)^(−a): diminishing steps (Robbins & Monro, Ann. Math. Statist. 22, 1951), which for ½ < a ≤ 1 have
// an infinite sum, and squares with a finite one.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class PowerDecay final : public StepSize {
 public:
  struct Options {
    Real first = 0, offset = 1, power = 0.5;
    void declare(Parameters& p) {
      p.add("first", first, above(0), "μ_0").required().example("0.2");
      p.add("offset", offset, above(0), "c, the iterations after which the step size has fallen by 2^a");
      p.add("power", power, above(0), "a");
    }
  };
  PowerDecay(const Options& options, const Context&) : options_(options) {}

  Step choose(const Iterate& at, const Factors&, Objective&, Memory&) const override {
    return options_.first * std::pow(1 + static_cast<Real>(at.iteration) / options_.offset, -options_.power);
  }

 private:
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, PowerDecay, "power_decay", "falls by a power of the iteration", "robbins1951")
