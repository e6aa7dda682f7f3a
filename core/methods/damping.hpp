// The damping δ of a metric M + δI, and how it changes along a run.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "core/interfaces/loss.hpp"
#include "core/interfaces/optimizer.hpp"
#include "core/tree/parameters.hpp"

namespace tightrope {

/// What every method in a damped metric lets its user choose: δ itself (ScaledGD(λ): Xu, Shen, Chi & Ma, ICML 2023);
/// δ_t = damping·√(2f), of the order of the error (PrecGD: Zhang, Fattahi & Zhang, NeurIPS 2021); or a geometric
/// sequence (noisy PrecGD: Zhang, Zhang & Chiu, AISTATS 2024).
///
/// The residual comes from the value f, not from predictions and data: so it knows nothing of measurements that are
/// held out, and of a batch it is the estimate for all. It falls with the error where f is quadratic around its
/// minimum: for losses with second derivatives.
struct Damping {
  Real damping = 0, decay = 0.95;
  std::string damping_rule = "constant";

  void declare(Parameters& p) {
    p.add("damping", damping, at_least(0), "δ, added to the metric; 0: its pseudo-inverse is taken");
    p.add("damping_rule", damping_rule, {"constant", "residual", "geometric"},
          "δ = damping; damping·√(2f), f without penalty: damping·‖A(X) − y‖ for least squares; damping·decay^t");
    p.add("decay", decay, above_at_most(0, 1), "ratio of the geometric rule from iteration to iteration");
  }
  bool changes() const { return damping_rule == "residual" || damping_rule == "geometric"; }
  void check(const Context& context) const {
    if (changes() && damping == 0)
      throw Unsuitable("needs a damping above 0 for the rule " + damping_rule + ", but it is 0");
    if (damping_rule == "residual") context.loss().curvature(0, {}, {}, {});
  }
  Real at(const Iterate& iterate, const Space& space) const {
    if (damping_rule == "geometric") return damping * std::pow(decay, static_cast<Real>(iterate.iteration));
    if (damping_rule == "residual") {
      const Real loss = iterate.value - space.add_penalty(iterate.point, Blocks::all(), nullptr);
      return damping * std::sqrt(2 * std::max(loss, Real{0}));
    }
    return damping;
  }
};

/// A method along a direction in the metric M + δI of its space. A damping that changes is a column of its own: that of
/// the last phase of each iteration.
class DampedOptimizer : public DirectionOptimizer {
 public:
  std::vector<Column> columns() const override {
    if (!damping_.changes()) return {};
    return {{"damping", "δ of this step"}};
  }

 protected:
  DampedOptimizer(const Damping& damping, const Context& context) : damping_(damping) {
    context.space_with_metric();
    damping_.check(context);
  }
  Real damping(const Iterate& at, Objective& objective, Memory& memory) const {
    const Real damping = damping_.at(at, objective.space());
    if (damping_.changes()) memory.scalar("damping", 0) = damping;
    return damping;
  }

 private:
  Damping damping_;
};

}  // namespace tightrope
