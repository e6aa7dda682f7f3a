// Quantities to watch along a run.
#pragma once

#include <span>
#include <vector>

#include "core/interfaces/column.hpp"
#include "core/interfaces/objective.hpp"

namespace tightrope {

/// What an observer sees: a completed iterate and the problem it belongs to. Everything is const.
struct Snapshot {
  const Iterate& iterate;
  const Space& space;
  /// The estimate: X(p) of the iterate, unless the method publishes another, and A(X), one for each of the iterate's
  /// rows. Both empty in problems that are not sensing.
  const LowRank& X;
  const Vec& prediction;
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
