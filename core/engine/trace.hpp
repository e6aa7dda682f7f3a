// What a run recorded: one row per recorded iteration, one column per observed quantity.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/interfaces/column.hpp"
#include "core/numbers/types.hpp"

namespace tightrope {

/// A word that a method has set at an iteration, such as "rebalanced".
struct TraceMark {
  Index iteration = 0;
  std::string word;
  bool operator==(const TraceMark&) const = default;
};

/// Columns "iteration", "passes" (streaming reads of the operator so far), "objective", "step" and "time" come first,
/// then those of the method, then those of the observers in the order of the file. A quantity that was not due, or is
/// not defined, is NaN.
struct Trace {
  std::vector<Column> columns;
  std::vector<std::vector<Real>> rows;
  std::vector<Real>
      seconds;  // one per row, since the start of the run, without the observers' time; not part of trace.csv
  std::vector<TraceMark> marks;  // in order; not part of trace.csv

  /// The columns that every run has, first of all.
  static std::vector<Column> own_columns();

  std::optional<Index> find(const std::string& column) const;
  std::vector<Real> column(Index i) const;
  /// Value of a column in the last row, where a run that has ended recorded everything: NaN if it is not defined there.
  Real last(Index i) const;
  /// The last value that is not NaN, of a run that goes on; NaN if there is none.
  Real latest(Index i) const;
  /// Shortest round-trip decimals, NaN as an empty field.
  std::string csv() const;
  static Trace from_csv(const std::string& text, const std::string& name);
};

/// When an observer looks: every n-th iteration, or at iterations that grow geometrically. Iteration 0 and the last
/// one are always recorded.
struct Schedule {
  Index every = 1;
  bool geometric = false;  // 0, 1, 2, …, then steps of about a tenth of the iteration: 1 + ⌊t/10⌋
  bool due(Index iteration) const;
};

}  // namespace tightrope
