// A step size that ends its process, or never ends, at the tenth iteration; in which way is HOSTILE_ACT's business.
#include <csignal>
#include <cstdlib>

#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Hostile final : public StepSize {
 public:
  using Options = NoOptions;
  Hostile(const Options&, const Context&) {}
  Real choose(const Iterate& at, const Factors&, Objective&, Memory&) const override {
    if (at.iteration == 10) HOSTILE_ACT;
    return 0.25;
  }
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Hostile, HOSTILE_NAME, "does harm at the tenth iteration, for tests")
