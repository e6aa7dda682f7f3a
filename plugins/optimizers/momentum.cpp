// Heavy ball (Polyak, USSR Comput. Math. Math. Phys. 4, 1964): v⁺ = β v − ∇f(p), p⁺ = p + μ v⁺.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Momentum final : public DirectionOptimizer {
 public:
  struct Options {
    Real beta = 0.9;
    void declare(Parameters& p) {
      p.add("beta", beta, at_least_below(0, 1), "share β of the last velocity that is kept");
    }
  };
  Momentum(const Options& options, const Context&) : beta_(options.beta) {}

  void direction(const Iterate& at, Objective&, Memory& memory, Factors& direction) const override {
    Factors& velocity = memory.factors("velocity", at.gradient);
    scale(velocity, beta_);
    add_scaled(velocity, -1, at.gradient);
    direction = velocity;
  }

 private:
  Real beta_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, Momentum, "momentum", "gradient descent with a heavy ball", "polyak1964")
