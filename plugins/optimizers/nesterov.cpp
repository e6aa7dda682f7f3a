// Nesterov's accelerated gradient (Soviet Math. Dokl. 27, 1983), in the form of Sutskever et al. (ICML 2013), which
// keeps the extrapolated point: v⁺ = β v − ∇f(p), p⁺ = p + μ (β⁺ v⁺ − ∇f(p)). Either β is the same always, or it is
// Nesterov's own β⁺ = (t − 1)/t⁺ with t⁺ = (1 + √(1 + 4t²))/2, from t = 1.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Nesterov final : public DirectionOptimizer {
 public:
  struct Options {
    Real beta = 0.9;
    std::string sequence = "constant";
    void declare(Parameters& p) {
      p.add("beta", beta, at_least_below(0, 1), "share β of the last velocity that is kept, if it is constant");
      p.add("sequence", sequence, {"constant", "classical"}, "constant: β; classical: (t − 1)/t⁺, which goes to 1");
    }
  };
  Nesterov(const Options& options, const Context&) : options_(options) {}

  void direction(const Iterate& at, Objective&, Memory& memory, Factors& direction) const override {
    const bool is_constant = options_.sequence == "constant";
    Factors& velocity = memory.factors("velocity", at.gradient);
    Real& beta = memory.scalar("beta", is_constant ? options_.beta : 0);
    scale(velocity, beta);
    add_scaled(velocity, -1, at.gradient);
    if (!is_constant) {
      Real& t = memory.scalar("t", 1);
      const Real last = std::exchange(t, (1 + std::sqrt(1 + 4 * t * t)) / 2);
      beta = (last - 1) / t;
    }
    direction = velocity;
    scale(direction, beta);
    add_scaled(direction, -1, at.gradient);
  }

 private:
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, Nesterov, "nesterov", "gradient descent with Nesterov's extrapolation",
                 "nesterov1983, sutskever2013")
