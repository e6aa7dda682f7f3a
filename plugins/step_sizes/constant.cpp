// A constant step size μ.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Constant final : public StepSize {
 public:
  struct Options {
    Real value = 0;
    void declare(Parameters& p) { p.add("value", value, above(0), "step size μ").required().example("0.25"); }
  };
  Constant(const Options& options, const Context&) : value_(options.value) {}

  Step choose(const Iterate&, const Factors&, Objective&, Memory&) const override { return value_; }

 private:
  Real value_;
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Constant, "constant", "the same step size always")
