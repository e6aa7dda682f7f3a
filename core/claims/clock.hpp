// Clocks: what is counted while a run goes on. Claims, tables and profiles are timed by them, curves drawn over them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/trace.hpp"

namespace tightrope {

struct Clock {
  std::string name;                  // "iterations": in claims, tables, files and pages
  std::string column;                // what its values are called: a column of the trace, or known to the clock alone
  std::string axis = {};             // of a figure: "passes over the operator"; empty: the name
  std::string axis_of_problem = {};  // the same where there is no operator; empty: as with one
  int place = 0;                     // among the clocks: pages begin with the first
  bool is_cost = true;               // success is timed by it; else curves alone are drawn over it
  bool is_reproducible = true;       // the same on every machine: methods are compared by it, and tuned
  std::function<std::vector<Real>(const Trace&)> values = {};  // empty: those of the column

  /// Where it stood at each row, NaN where nobody knows; empty if the trace has not got it.
  std::vector<Real> of(const Trace& trace) const;
  bool operator==(const Clock& other) const { return name == other.name; }
};

/// All clocks, costs first, by their place: those of the files of core/claims/clocks. NAME.cpp defines `Clock
/// NAME_clock()`.
const std::vector<Clock>& clocks();
std::vector<Clock> clocks_of_all_files();
/// Those that success is timed by.
const std::vector<Clock>& costs();
/// The cost of this name; null if there is none.
const Clock* find_cost(const std::string& name);

/// Values of a column, or of the clock whose values are called so; null if the trace has not got them.
std::optional<std::vector<Real>> series(const Trace& trace, const std::string& name);
/// Whether it is the name of a clock's values that no trace keeps among its columns.
bool is_beside_columns(const std::string& name);

}  // namespace tightrope
