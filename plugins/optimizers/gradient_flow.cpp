// Gradient flow: ṗ = −∇f(p) in the entries of the factors, with the embedded pair 5(4) of Dormand & Prince (J. Comput.
// Appl. Math. 6, 1980) or the classical method of order 4. Slopes k_i = ∇f(p − h Σ_j a_ij k_j), and the last row of a
// gives the next point, whose slope the pair computes too: it is the first one of the next step. h is controlled as by
// Hairer, Nørsett & Wanner (Solving ODEs I, II.4, dopri5): h Σ_j e_j k_j estimates the local error, and where it
// exceeds the tolerance further phases of the iteration try a smaller step.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

using Row = std::array<Real, 6>;
constexpr Row runge_kutta_4[] = {{1.0 / 2}, {0, 1.0 / 2}, {0, 0, 1}, {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6}};
constexpr Row dormand_prince[] = {{1.0 / 5},
                                  {3.0 / 40, 9.0 / 40},
                                  {44.0 / 45, -56.0 / 15, 32.0 / 9},
                                  {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
                                  {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
                                  {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};
constexpr Real e[] = {71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40};

class GradientFlow final : public Optimizer {
 public:
  struct Options {
    std::string method = "dormand_prince";
    Real tolerance = 1e-8;
    std::optional<Real> first_step, fixed_step, end_time;
    std::vector<Real> output_times;
    void declare(Parameters& p) {
      p.add("method", method, {"dormand_prince", "runge_kutta_4"}, "order 5 with error control, or order 4 without");
      p.add("tolerance", tolerance, above(0), "limit of dormand_prince's local error, measured as its column says");
      p.add("first_step", first_step, above(0), "step tried first; by default 1e-3, or 0.01 ‖p‖/‖∇f‖ if smaller");
      p.add("fixed_step", fixed_step, above(0), "step of runge_kutta_4, which needs it");
      p.add("end_time", end_time, above(0), "flow time at which the run ends");
      p.add("output_times", output_times, above(0), "flow times at which there is an iterate, exactly");
    }
  };
  GradientFlow(const Options& options, const Context& context)
      : options_(options), is_adaptive_(options.method == "dormand_prince"), times_(options.output_times) {
    if (!is_adaptive_ && !options.fixed_step) throw Unsuitable("needs a 'fixed_step' for the method runge_kutta_4");
    if (is_adaptive_ ? options.fixed_step : options.first_step)
      context.warn("ignores '" + std::string(is_adaptive_ ? "fixed" : "first") + "_step' with " + options.method);
    if (options.end_time) times_.push_back(*options.end_time);
    std::sort(times_.begin(), times_.end());
  }

  Index phases(const Space&) const override { return is_adaptive_ ? 0 : 4; }
  std::vector<Column> columns() const override {
    if (!is_adaptive_) return {};
    return {{"rejected", "steps that were tried and rejected before this one", 0, false},
            {"local_error", "estimated error of this step, root mean square of error/(1 + |p|) over entries"}};
  }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    Memory& memory = context.memory;
    Factors& point = memory.factors("point", at.point);
    Real &step = memory.scalar("step", 0), &planned = memory.scalar("planned step", 0);
    Index& rejected = memory.count("rejected", 0);
    Index stage = at.phase == 0 ? 0 : 1 + (at.phase - 1) % 6;  // whose slope is the gradient here
    slope(stage, memory, at) = at.gradient;
    Move move;
    if (stage == 0) {
      if (options_.end_time && at.time >= *options_.end_time)
        move.end = End{EndClass::limit, "the flow time " + shortest(*options_.end_time) + " was reached"};
      else if (norm(at.gradient) == 0)
        move.end = End{EndClass::converged, "the gradient is zero, the flow is at rest"};
      if (planned == 0)
        planned = (is_adaptive_ ? options_.first_step : options_.fixed_step)
                      .value_or(std::min(1e-3, 0.01 * (norm(at.point) + options_.tolerance) / norm(at.gradient)));
      rejected = 0;
      point = at.point;
    } else if (stage == 6) {
      Real& last = memory.scalar("last error", 1e-4);
      const Real error = local_error(at, step, memory), ratio = error / options_.tolerance;
      const Real factor = 0.9 * std::pow(ratio, -0.17), most = rejected > 0 ? 1 : 10;
      if (ratio <= 1) {
        const Real proposed = step * std::clamp(factor * std::pow(last, 0.04), 0.2, most);
        planned = step < planned ? std::max(planned, proposed) : proposed;  // an output time made it short
        last = std::max(ratio, 1e-4);
        next = at.point;
        move.step = step;
        move.evaluate = context.objective.rows_of(at.iteration) != context.objective.rows_of(at.iteration + 1);
        move.columns = {static_cast<Real>(rejected), error};
        return move;
      }
      planned = step * std::max(0.2, factor);
      ++rejected;
      stage = 0;
    }
    if (stage == 0) step = up_to_output(at.time, planned);
    if (!move.end && at.time + step == at.time)
      move.end = End{EndClass::stalled, "a step of " + shortest(step) + " does not change the flow time"};
    next = point;
    const Row& a = (is_adaptive_ ? dormand_prince : runge_kutta_4)[stage];
    for (Index j = 0; j <= stage; ++j) add_scaled(next, -step * a[j], slope(j, memory, at));
    move.step = step;
    move.completes_iteration = !is_adaptive_ && stage == 3;
    return move;
  }

 private:
  static Factors& slope(Index stage, Memory& memory, const Iterate& at) {
    static constexpr const char* names[] = {"k1", "k2", "k3", "k4", "k5", "k6", "k7"};
    return memory.factors(names[stage], at.gradient);
  }
  /// The step, unless an output time comes first. Where no sum rounds to that time, half of the rest leaves one that
  /// does.
  Real up_to_output(Real time, Real step) const {
    const auto output = std::upper_bound(times_.begin(), times_.end(), time);
    if (output == times_.end() || step * (1 + 1e-9) < *output - time) return step;
    const Real rest = *output - time;
    return time + rest == *output ? rest : rest / 2;
  }
  static Real local_error(const Iterate& at, Real step, Memory& memory) {
    const Factors& point = memory.factors("point", at.point);
    Factors& error = memory.factors("error", at.point);
    assign_zeros_like(error, at.point);
    for (Index j = 0; j < std::size(e); ++j) add_scaled(error, step * e[j], slope(j, memory, at));
    Real entries = 0;
    for (Index b = 0; b < error.size(); ++b) {
      error[b] /= 1 + arma::max(arma::abs(point[b]), arma::abs(at.point[b]));
      entries += static_cast<Real>(error[b].n_elem);
    }
    return norm(error) / std::sqrt(entries);
  }

  Options options_;
  bool is_adaptive_;
  std::vector<Real> times_;  // of output, and of the end
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, GradientFlow, "gradient_flow", "the limit of gradient descent with small steps")
