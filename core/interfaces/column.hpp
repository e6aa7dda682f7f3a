// What stands at the head of a column of the trace.
#pragma once

#include <string>

namespace tightrope {

struct Column {
  std::string name;            // e.g. "relative_error", "sigma_1"
  std::string description;     // one line with the formula
  int display_priority = 0;    // > 0: shown in the progress line, the highest first
  bool logarithmic = true;     // drawn on a logarithmic axis
  std::string theory_of = {};  // the column whose course this one predicts: drawn dashed over it
};

}  // namespace tightrope
