// A method, asked by the engine where to go next.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/interfaces/column.hpp"
#include "core/interfaces/step_size.hpp"

namespace tightrope {

/// What an optimizer may use besides the iterate: the objective for further evaluations, the chosen step size (null for
/// methods that take none), and what the two remember (owned by the engine).
struct StepContext {
  Objective& objective;
  Memory& memory;
  const StepSize* step_size;
  Memory& step_size_memory;
};

/// What an optimizer answers.
struct Move {
  Real step = 0;                    // step size taken, for the record; 0 = no acceptable step, the run is stalled
  bool completes_iteration = true;  // false: the engine evaluates there and asks again, with phase + 1
  bool evaluate = true;             // false: the point that was evaluated last is the next one; `next` is not read
  Blocks wanted = Blocks::all();    // blocks of the gradient that are read at the next point
  std::optional<Real> time = {};    // flow time from iterate to iterate; the step size if nothing else is said
  std::optional<End> end = {};      // ends the run at the iterate where it is; nothing else is read then
  std::string mark = {};            // a word that the record keeps of this iteration, such as "rebalanced"
  std::vector<Real> columns = {};   // values of the method's own columns at the next iterate; NaN if none are given

  /// The run ends at the iterate where it is.
  static Move end_of_run(End end);
  /// The iteration is complete at the point that was evaluated last, unless the next iteration sees other measurements:
  /// then that point is evaluated again.
  static Move to_evaluated_point(Real step, std::vector<Real> columns);
};

/// Methods do not loop: given a point with value and gradient an optimizer says where to evaluate next. It writes the
/// point and answers how it came there.
///
/// Methods that go along a direction derive from DirectionOptimizer. Anything else (Runge-Kutta, inner solves) derives
/// from this class, and its config has no step size.
class Optimizer : public Component {
 public:
  static constexpr const char* kind = "optimizers";

  /// Writes the next point to evaluate.
  virtual Move advance(const Iterate& at, StepContext& context, Factors& next) const = 0;
  /// Number of evaluations in an iteration; 0 where it is not the same each time. Points in the middle of an iteration
  /// are then trials: they need not be finite, and no run diverges by them.
  virtual Index phases(const Space&) const { return 1; }
  /// Columns of its own, such as a damping: what Move::columns holds. Those of methods along a direction are the
  /// numbers of these names in their memory.
  virtual std::vector<Column> columns() const { return {}; }
  /// An estimate to publish instead of model(point), e.g. an average of iterates; default: none (false).
  virtual bool estimate(const Iterate&, const Memory&, LowRank&) const { return false; }
};

/// next = retract(point, μ, direction), μ from the step size that the config names. Block-alternating methods also say
/// how many phases an iteration has and which block each of them moves.
class DirectionOptimizer : public Optimizer {
 public:
  /// A descent direction: −∇f for gradient descent. If it is none, which momentum can bring about, and the step size
  /// rule needs one, the memory is emptied and the question asked again, as at the first iteration.
  virtual void direction(const Iterate& at, Objective& objective, Memory& memory, Factors& direction) const = 0;
  /// The blocks that the given phase moves, and whose gradient it therefore needs; the others stay where they are,
  /// whatever direction() says.
  virtual Blocks blocks(Index /*phase*/) const { return Blocks::all(); }
  Move advance(const Iterate& at, StepContext& context, Factors& next) const override;
};

}  // namespace tightrope
