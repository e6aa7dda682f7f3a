// What every plugin object is, and what the engine hands to its constructor.
#pragma once

#include <memory>

#include "core/error.hpp"
#include "core/numbers/recovery.hpp"
#include "core/numbers/streams.hpp"
#include "core/numbers/tiles.hpp"
#include "core/numbers/types.hpp"

namespace tightrope {

class FactorizationModel;
class Loss;
class MeasurementOperator;

/// The matrix to recover, with what is known about it beforehand.
struct Truth {
  LowRank X;       // X*, n1 × n2
  Index rank = 0;  // r: rank of X*, or the rank that the user calls its signal part
  Svd svd;         // of X*, all its triples
  Real norm = 0;   // ‖X*‖_F
};

/// The parts of an experiment that exist when a component is made. Components are made in this order:
/// target, operator, noise, loss, model, initialization, optimizer, step size, observers.
/// Asking for a part that the problem does not have throws Unsuitable.
class Context {
 public:
  Context(Shape of_shape, Stream own_stream, std::shared_ptr<const Team> of_threads)
      : shape(of_shape), stream(std::move(own_stream)), team(std::move(of_threads)) {}

  Shape shape;                       // n1 × n2 of the matrix to recover
  Stream stream;                     // this component's own random numbers
  std::shared_ptr<const Team> team;  // threads for tiles

  const Truth& truth() const;
  const MeasurementOperator& measurement_operator() const;
  const FactorizationModel& model() const;
  const FactorizationModel& model_with_metric() const;  // for those who call its precondition
  const Loss& loss() const;
  const Vec& data() const;  // y, length m

  const Truth* known_truth = nullptr;
  const MeasurementOperator* known_operator = nullptr;
  const FactorizationModel* known_model = nullptr;
  const Loss* known_loss = nullptr;
  const Vec* known_data = nullptr;
};

/// Base of all interfaces. Components are immutable after construction: every const method may be called from
/// several threads at once, and nothing is remembered between calls.
class Component {
 public:
  virtual ~Component() = default;
};

}  // namespace tightrope
