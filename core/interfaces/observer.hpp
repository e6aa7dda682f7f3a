// Quantities to watch along a run.
#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "core/interfaces/column.hpp"
#include "core/interfaces/objective.hpp"

namespace tightrope {

/// A(X) of a snapshot. Where there are so many measurements that a pass does not write it, it is made when somebody
/// asks.
class Prediction {
 public:
  Prediction(const Vec& known) : known_(&known) {}
  explicit Prediction(std::function<const Vec&()> make) : make_(std::move(make)) {}
  const Vec& operator()() const { return known_ ? *known_ : make_(); }

 private:
  const Vec* known_ = nullptr;
  std::function<const Vec&()> make_;
};

/// What an observer sees: a completed iterate and the problem it belongs to. Everything is const.
struct Snapshot {
  const Iterate& iterate;
  const Space& space;
  /// The estimate: X(p) of the iterate, unless the method publishes another, and A(X), one for each of the iterate's
  /// rows. Both empty in problems that are not sensing.
  const LowRank& X;
  Prediction prediction;
  const Vec* data = nullptr;                     // y of the iterate's rows, null if the problem is not one of sensing
  const Truth* truth = nullptr;                  // null if unknown
  const std::vector<Index>* outliers = nullptr;  // measurements that a noise has spoilt, in increasing order, or null
};

/// Looks on; cannot change a run. A pure function of the snapshot. A value that is not defined is NaN, which the
/// trace shows as an empty field. A number in `stop:` may name any observer's column.
class Observer : public Component {
 public:
  static constexpr const char* kind = "observers";

  virtual std::vector<Column> columns() const = 0;
  /// Writes one value per column.
  virtual void observe(const Snapshot& seen, std::span<Real> values) const = 0;
};

}  // namespace tightrope
