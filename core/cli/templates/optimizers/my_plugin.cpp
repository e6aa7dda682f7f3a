// Gradient descent along an average of the gradients so far: m⁺ = β m + (1 − β) ∇f(p), p⁺ = p − μ m⁺. Put the update of
// your method here, with authors, journal and year.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public DirectionOptimizer {
 public:
  // The parameters of the config: name, variable (its value is the default), range, meaning.
  struct Options {
    Real beta = 0.5;
    void declare(Parameters& p) { p.add("beta", beta, at_least_below(0, 1), "share β of the average that is kept"); }
  };
  // The context knows the parts that exist already: context.model(), context.sensing(), context.truth(), …
  MyPlugin(const Options& options, const Context&) : beta_(options.beta) {}

  // At a point p whose gradient is known: writes the direction d of p⁺ = p + μ d. The step size μ is chosen elsewhere.
  void direction(const Iterate& at, Objective&, Memory& memory, Factors& direction) const override {
    // What is remembered from iteration to iteration lies in the memory of the run; it starts as zeros.
    Factors& average = memory.factors("average", at.gradient);
    scale(average, beta_);
    add_scaled(average, 1 - beta_, at.gradient);
    direction = average;
    scale(direction, -1);
  }

 private:
  Real beta_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, MyPlugin, "my_plugin", "gradient descent along an average of the gradients")
