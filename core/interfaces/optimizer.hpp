// A method, asked by the engine where to go next.
#pragma once

#include "core/interfaces/objective.hpp"
#include "core/interfaces/step_size.hpp"

namespace tightrope {

/// What an optimizer may use besides the iterate: the objective for further evaluations, the chosen step size,
/// and what the two remember (owned by the engine).
struct Workplace {
  Objective& objective;
  Memory& memory;
  const StepSize& step_size;
  Memory& step_size_memory;
};

/// What an optimizer answers.
struct Move {
  Real step = 0;                    // step size taken, for the record; 0 = no acceptable step, the run is stalled
  bool completes_iteration = true;  // false: the engine evaluates there and asks again, with phase + 1
  Blocks wanted = Blocks::all();    // blocks of the gradient that the next phase reads (all after an iteration)
};

/// Methods do not loop: given a point with value and gradient an optimizer says where to evaluate next.
///
/// The common case implements direction() alone: next = retract(point, μ, direction), μ from the step size.
/// Block-alternating methods also say how many phases an iteration has and which block each of them reads.
/// Anything else (Runge-Kutta, extrapolation, inner solves) overrides advance().
class Optimizer : public Component {
 public:
  static constexpr const char* kind = "optimizers";

  /// A descent direction: −∇f for gradient descent. If it is none, which momentum can bring about, and the step size
  /// rule needs one, the memory is emptied and the question asked again, as at the first iteration.
  virtual void direction(const Iterate& at, Objective& objective, Memory& memory, Factors& direction) const = 0;
  /// Number of evaluations in an iteration.
  virtual Index phases(const FactorizationModel&) const { return 1; }
  /// The blocks that the given phase moves, and whose gradient it therefore needs; the others stay where they are,
  /// whatever direction() says.
  virtual Blocks blocks(Index /*phase*/) const { return Blocks::all(); }
  /// Writes the next point to evaluate.
  virtual Move advance(const Iterate& at, Workplace& workplace, Factors& next) const;
  /// An estimate to publish instead of model(point), e.g. an average of iterates; default: none (false).
  virtual bool estimate(const Iterate&, const Memory&, LowRank&) const { return false; }
};

}  // namespace tightrope
