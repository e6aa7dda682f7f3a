// Heat maps over two numeric axes of a study.
#pragma once

#include <string>
#include <vector>

#include "core/study/summary.hpp"

namespace tightrope {

struct PhaseDiagram {
  std::string id;  // file name of the SVG
  std::string title, description, note;
  std::vector<std::vector<std::string>> svgs;  // complete documents: for each clock, or only once, those of its sheets
};

/// Maps over the two numeric axes with the most values, three at least, one map for each method and each combination
/// of values of the other axes: the probability of success, the median time to the target, the median final value of
/// the most prominent column. None if there are no two such axes.
std::vector<PhaseDiagram> phase_diagrams_of(const Summary& summary);

}  // namespace tightrope
