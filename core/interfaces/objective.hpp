// The function that a run minimises, as optimizers and step sizes see it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/interfaces/factorization_model.hpp"
#include "core/numbers/memory.hpp"

namespace tightrope {

/// A point at which value and gradient are known. The engine keeps it; everybody else reads it.
struct Iterate {
  Index iteration = 0;  // completed iterations
  Index phase = 0;      // phase of the current iteration, 0 right after one was completed
  Factors point;
  Real value = 0;    // f(point)
  Factors gradient;  // ∇f(point); blocks that nobody wanted are zero
  LowRank X;         // model(point), or the estimate that the optimizer publishes instead
  Vec prediction;    // A(X) in a sensing problem, the model's predictions in others
};

/// Uses of the operator so far. One fused pass gives value and gradient; forward and adjoint are single maps.
struct Counters {
  Index fused = 0, forwards = 0, adjoints = 0;
  std::uint64_t bytes = 0;  // of operator data, streamed
  /// Streaming reads of the operator, the fair axis for comparing methods.
  Index passes() const { return fused + forwards + adjoints; }
};

/// f(p) and its derivatives for one lane. Every use of the operator is counted, a line search's trials too.
class Objective {
 public:
  virtual ~Objective() = default;

  virtual const FactorizationModel& model() const = 0;
  /// f at a point, without its gradient.
  virtual Real value(const Factors& point) = 0;
  /// Fills value, gradient (the wanted blocks), X and prediction at at.point.
  void evaluate(Iterate& at, Blocks wanted);

  /// One lane's part of a joint evaluation.
  struct Request {
    Objective* objective;
    Iterate* at;
    Blocks wanted;
  };
  /// Objectives with the same non-null partner can be evaluated together, in one pass over what they share.
  virtual const void* partner() const { return nullptr; }
  /// Evaluates all requests, which have the partner of this objective; called on the first one's objective.
  virtual void evaluate_together(std::span<Request> requests) = 0;

  const Counters& counters() const { return counters_; }
  void restore(const Counters& counters) { counters_ = counters; }

 protected:
  Counters counters_;
};

}  // namespace tightrope
