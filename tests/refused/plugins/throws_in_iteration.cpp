// A plugin whose work fails while a run is going on.
#include "step.hpp"

namespace {

class Thrower final : public Sound {
 public:
  using Sound::Sound;
  Step choose(const Iterate& at, const Factors&, Objective&, Memory&) const override {
    if (at.iteration == 2) throw std::runtime_error("the trust region is empty");
    return 0.25;
  }
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Thrower, "throws_in_iteration", "fails at iteration 2")
