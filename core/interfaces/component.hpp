// What every plugin object is, and what the engine hands to its constructor.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/interfaces/sensing.hpp"
#include "core/numbers/factors.hpp"
#include "core/numbers/recovery.hpp"
#include "core/numbers/streams.hpp"
#include "core/numbers/tiles.hpp"
#include "core/numbers/types.hpp"

namespace tightrope {

class FactorizationModel;
class Loss;
class Space;

/// The matrix to recover, with what is known about it beforehand.
struct Truth {
  LowRank X;       // X*, n1 × n2
  Index rank = 0;  // r: rank of X*, or the rank that the user calls its signal part
  Svd svd;         // of X*, all its triples
  Real norm = 0;   // ‖X*‖_F
  Mat dense;       // X* entry by entry where the pair is hardly smaller; else empty
};

/// ‖X − X*‖_F without cancellation, in the way that costs least for the ranks at hand.
Real distance(const LowRank& X, const Truth& truth);

/// The parts of an experiment that exist when a component is made. Components are made in this order:
/// target, operator, noises, loss, model or problem, penalties, initialization, perturbation, projection, optimizer, step size,
/// observers.
/// Asking for a part that the problem does not have throws Unsuitable.
class Context {
 public:
  Context(Shape of_shape, Stream own_stream, std::shared_ptr<const Team> of_threads)
      : shape(of_shape), stream(std::move(own_stream)), team(std::move(of_threads)) {}

  Shape shape;                       // n1 × n2 of the matrix to recover
  Stream stream;                     // this component's own random numbers
  std::shared_ptr<const Team> team;  // threads for tiles

  const Truth& truth() const;
  const FactorizationModel& model() const;
  const Space& space() const;              // of the model, or of a problem that is not sensing
  const Space& space_with_metric() const;  // for those who call its precondition
  const Loss& loss() const;
  const Vec& data() const;       // y, length m; not where measurements are made batch by batch
  Sensing& sensing() const;      // the operator, counted; for observers while they are made, and then no cost
  const Factors& start() const;  // the point of iteration 0; for observers, while they are made
  /// What the user should know of this component, although it can be used: a sentence that goes on after its name, as
  /// those of Unsuitable do. The program says it, and the record of the run keeps it.
  void warn(std::string sentence) const { warnings->push_back(std::move(sentence)); }

  const Truth* known_truth = nullptr;
  Sensing* known_sensing = nullptr;
  const FactorizationModel* known_model = nullptr;
  const Space* known_space = nullptr;
  const Loss* known_loss = nullptr;
  const Vec* known_data = nullptr;
  const Factors* known_start = nullptr;
  const std::vector<Index>* known_outliers = nullptr;  // measurements that a noise has spoilt, in increasing order
  std::shared_ptr<std::vector<std::string>> warnings = std::make_shared<std::vector<std::string>>();
};

/// Base of all interfaces. Components are immutable after construction: every const method may be called from
/// several threads at once, and nothing is remembered between calls.
class Component {
 public:
  virtual ~Component() = default;
};

}  // namespace tightrope
