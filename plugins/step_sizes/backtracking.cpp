// Backtracking (Armijo, Pacific J. Math. 16, 1966): the first μ = μ_0 s^j with f(p + μd) ≤ f(p) + c μ ⟨∇f(p), d⟩. μ_0
// is the last accepted step times `grow`.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Backtracking final : public StepSize {
 public:
  struct Options {
    Real first = 1, shrink = 0.5, grow = 2, decrease = 1e-4;
    Index tries = 60;
    void declare(Parameters& p) {
      p.add("first", first, above(0), "step size tried first at the first iteration");
      p.add("shrink", shrink, between(0.01, 0.99), "factor s after a rejected step size");
      p.add("grow", grow, at_least(1), "the next iteration tries the accepted step size times this first");
      p.add("decrease", decrease, above_at_most(0, 0.5), "share c of the promised decrease that is asked for");
      p.add("tries", tries, at_least(1), "rejections after which the run has stalled");
    }
  };
  Backtracking(const Options& options, const Context&) : options_(options) {}

  Step choose(const Iterate& at, const Factors& direction, Objective& objective, Memory& memory) const override {
    Real& next_trial = memory.scalar("next trial", options_.first);
    Factors& trial = memory.factors("trial", at.point);
    const Real slope = dot(at.gradient, direction);
    Real step = next_trial;
    for (Index i = 0; slope < 0 && i < options_.tries; ++i, step *= options_.shrink) {
      objective.retract(at.point, step, direction, trial);
      if (objective.value(trial, at.rows) <= at.value + options_.decrease * step * slope) {
        next_trial = options_.grow * step;
        return step;
      }
    }
    return 0;
  }
  bool needs_descent() const override { return true; }

 private:
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Backtracking, "backtracking", "Armijo's backtracking line search", "armijo1966")
