// What stands at the head of a column of the trace.
#pragma once

#include <string>
#include <vector>

namespace tightrope {

struct Column {
  std::string name;            // e.g. "relative_error", "sigma_1"
  std::string description;     // one line with the formula
  int display_priority = 0;    // > 0: shown in the progress line, the highest first
  bool logarithmic = true;     // drawn on a logarithmic axis
  std::string theory_of = {};  // the column whose course this one predicts: drawn dashed over it
  /// Names of phases: while the value is i, counted from 1, the run is in the i-th of them. Not a curve of its own, but
  /// bands behind those of the run.
  std::vector<std::string> phases = {};
};

}  // namespace tightrope
