// Quantities to watch along a run.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/interfaces/objective.hpp"

namespace tightrope {

/// One column of the trace.
struct Column {
  std::string name;         // e.g. "relative_error", "sigma_1"
  std::string description;  // one line with the formula
  int prominence = 0;       // > 0: shown in the progress line, the most prominent first
  bool positive = true;     // drawn on a logarithmic axis
};

/// What an observer sees: a completed iterate and the problem it belongs to. Everything is const.
struct Snapshot {
  const Iterate& iterate;
  const FactorizationModel& model;
  const Vec* data = nullptr;     // y, null if the problem is not one of sensing
  const Truth* truth = nullptr;  // null if unknown
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
