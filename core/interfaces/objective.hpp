// The function that a run minimises, as optimizers and step sizes see it.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <span>

#include "core/interfaces/projection.hpp"
#include "core/interfaces/sensing.hpp"
#include "core/interfaces/space.hpp"
#include "core/numbers/memory.hpp"

namespace tightrope {

/// A point at which value and gradient are known. The engine keeps it; everybody else reads it.
struct Iterate {
  Index iteration = 0;       // completed iterations
  Index phase = 0;           // phase of the current iteration, 0 right after one was completed
  Real time = 0;             // flow time: what the method says, or else the sum of the step sizes
  Real step = std::nan("");  // step size that led here, NaN at the start
  Rows rows;                 // measurements, or samples, of which value and gradient are
  Factors point;
  Real value = 0;                // f(point)
  Factors gradient;              // ∇f(point); blocks that nobody wanted are zero
  Blocks known = Blocks::all();  // the blocks of the gradient that were wanted
  LowRank X;                     // model(point); empty in problems that are not sensing
  Vec prediction;                // A(X), one for each of `rows`, as far as the pass wrote it: ask Sensing::prediction
};

/// Uses of the operator so far. One fused pass gives value and gradient; forward and adjoint are single maps.
struct Counters {
  Index fused = 0, forwards = 0, adjoints = 0;
  std::uint64_t rows = 0;   // measurements read for these; a map of all of them reads m
  std::uint64_t bytes = 0;  // of operator data, streamed
  Index measurements = 0;   // m
  Index watched = 0;        // maps made for observers alone, which are no cost of the method

  /// Streaming reads of the whole operator, the fair axis for comparing methods. A minibatch is a part of one.
  Real passes() const { return rows == 0 ? 0 : static_cast<Real>(rows) / static_cast<Real>(measurements); }
};

/// f(p) and its derivatives for one lane. Every use of the operator is counted, a line search's trials too.
class Objective {
 public:
  virtual ~Objective() = default;

  virtual const Space& space() const = 0;
  /// More of the operator than value and gradient; null where there is none.
  virtual Sensing* sensing() { return nullptr; }
  /// f at a point, over the same rows as an iterate's, without its gradient.
  virtual Real value(const Factors& point, Rows rows = Rows::all()) = 0;
  /// Fills value, gradient (the wanted blocks), X and prediction, unless that is optional, at at.point, over at.rows.
  void evaluate(Iterate& at, Blocks wanted);
  /// next = the point reached from p by `step` along direction, projected if the run has a projection: where a method
  /// with one phase an iteration would come.
  void retract(const Factors& point, Real step, const Factors& direction, Factors& next) const;

  /// One lane's part of a joint evaluation.
  struct Request {
    Objective* objective;
    Iterate* at;
    Blocks wanted;
  };
  /// Objectives with the same non-null key can be evaluated together over the same rows, in one pass over what they
  /// share.
  virtual const void* batch_key() const { return nullptr; }
  /// Evaluates all requests, which have the batch key and the rows of this objective's; called on the first one's.
  virtual void evaluate_together(std::span<Request> requests) = 0;

  /// The rows that iteration t sees: a pure function of t and the seed.
  virtual Rows rows_of(Index /*iteration*/) const { return Rows::all(); }
  /// What the objective is large or small against, besides its value at the start: ½‖y‖² in sensing problems.
  virtual Real scale(const Iterate& /*start*/) const { return 0; }

  /// A(X) of an estimate, for observers alone: counted apart.
  virtual void predict(const LowRank& /*X*/, Rows /*rows*/, Vec& /*z*/) {}

  const Counters& counters() const { return counters_; }
  void restore(const Counters& counters) { counters_ = counters; }
  void set_projection(std::shared_ptr<const Projection> projection) { projection_ = std::move(projection); }

 protected:
  Counters counters_;

 private:
  std::shared_ptr<const Projection> projection_;
};

}  // namespace tightrope
