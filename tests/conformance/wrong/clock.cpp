// Gradient descent whose steps grow with the time that has passed: what no seed decides.
#include <chrono>

#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Timed final : public DirectionOptimizer {
 public:
  using Options = NoOptions;
  Timed(const Options&, const Context&) {}
  void direction(const Iterate& at, Objective&, Memory&, Factors& direction) const override {
    const auto passed = std::chrono::steady_clock::now() - start_;
    direction = at.gradient;
    scale(direction, passed > std::chrono::hours(1) ? -2 : -1);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, Timed, "clock", "gradient descent by the clock, for tests")
