// Gradient flow: ṗ = −∇f(p) in the entries of the factors, by a Runge-Kutta method with slopes k_i = ∇f(p − h Σ_j a_ij
// k_j), the stages of an iteration. The pair of Dormand & Prince (1980) estimates its local error; where that exceeds
// the tolerance, further phases of the iteration try a smaller step, and the last slope of a step is the next one's
// first.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class GradientFlow final : public Optimizer {
 public:
  struct Options {
    std::string method = "dormand_prince";
    Real tolerance = 1e-8;
    std::optional<Real> first_step, end_time;
    std::vector<Real> output_times;
    void declare(Parameters& p) {
      p.add("method", method, {"dormand_prince", "runge_kutta_4"}, "order 5 with error control, or order 4 without");
      p.add("tolerance", tolerance, above(0), "limit of dormand_prince's local error, measured as its column says");
      p.add("first_step", first_step, above(0), "step tried first (1e-3 or 0.01 ‖p‖/‖∇f‖); runge_kutta_4: its step");
      p.add("end_time", end_time, above(0), "flow time at which the run ends");
      p.add("output_times", output_times, above(0), "flow times at which there is an iterate, exactly");
    }
  };
  GradientFlow(const Options& o, const Context&)
      : o_(o), adapts_(o.method == "dormand_prince"), rk_(adapts_ ? dormand_prince() : runge_kutta_4()) {
    if (!adapts_ && !o.first_step) throw Unsuitable("needs a 'first_step' for the method runge_kutta_4");
    times_ = o.output_times;
    if (o.end_time) times_.push_back(*o.end_time);
    std::sort(times_.begin(), times_.end());
  }

  Index phases(const Space&) const override { return adapts_ ? 0 : rk_.stages(); }
  std::vector<Column> columns() const override {
    if (!adapts_) return {};
    return {{"rejected", "steps that were tried and rejected before this one", 0, false},
            {"local_error", "estimated error of this step, root mean square of error/(1 + |p|) over entries"}};
  }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    Memory& memory = context.memory;
    Real &step = memory.scalar("step", 0), &planned = memory.scalar("planned step", 0);
    Index& rejected = memory.count("rejected", 0);
    Index stage = at.phase == 0 ? 0 : 1 + (at.phase - 1) % rk_.stages();  // whose slope is the gradient here
    const auto slope = [&](Index i) -> Factors& { return memory.factors("k" + std::to_string(i + 1), at.gradient); };
    slope(stage) = at.gradient;
    Factors& point = memory.factors("point", at.point);
    if (stage == 0) {
      if (o_.end_time && at.time >= *o_.end_time)
        return Move::end_of_run({EndClass::limit, "the flow time " + shortest(*o_.end_time) + " was reached"});
      if (norm(at.gradient) == 0)
        return Move::end_of_run({EndClass::converged, "the gradient is zero, the flow is at rest"});
      if (planned == 0)
        planned = o_.first_step.value_or(std::min(1e-3, 0.01 * (norm(at.point) + o_.tolerance) / norm(at.gradient)));
      rejected = 0;
      point = at.point;
    } else if (stage == rk_.stages()) {
      Factors& error = memory.factors("error", at.point);
      assign_zeros_like(error, at.point);
      for (Index j = 0; j < rk_.e.size(); ++j) add_scaled(error, step * rk_.e[j], slope(j));
      const Real size = scaled_error(error, point, at.point), ratio = size / o_.tolerance;
      if (ratio <= 1) {
        Real& last = memory.scalar("last ratio", step_control::first_ratio);
        const Real proposed = step_control::after_accepted(step, ratio, last, rejected > 0);
        planned = step < planned ? std::max(planned, proposed) : proposed;  // an output time made it short
        last = std::max(ratio, step_control::first_ratio);
        return Move::to_evaluated_point(step, {static_cast<Real>(rejected), size});
      }
      planned = step_control::after_rejected(step, ratio);
      ++rejected;
      stage = 0;
    }
    if (stage == 0) step = step_up_to(times_, at.time, planned);
    if (at.time + step == at.time)
      return Move::end_of_run({EndClass::stalled, "a step of " + shortest(step) + " does not change the flow time"});
    next = point;
    for (Index j = 0; j <= stage; ++j) add_scaled(next, -step * rk_.a[stage][j], slope(j));
    return {step, !adapts_ && stage + 1 == rk_.stages()};
  }

 private:
  Options o_;
  bool adapts_;
  RungeKutta rk_;
  std::vector<Real> times_;  // of output, and of the end
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, GradientFlow, "gradient_flow", "the limit of gradient descent with small steps",
                 "dormand1980, hairer1993")
