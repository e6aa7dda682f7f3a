// Heat maps over two numeric axes of a study.
#pragma once

#include <string>
#include <vector>

#include "core/report/figures/maps/heat_map.hpp"
#include "core/study/findings/summary.hpp"

namespace tightrope {

struct PhaseDiagram {
  std::string id;  // file name of the SVG
  std::string title, description, note;
  std::vector<HeatMaps> plots;  // one for each clock, or only one
};

/// Maps over the two numeric axes with the most values, three at least, one map for each method and each combination
/// of values of the other axes: the probability of success, the median time to the target, the median final value of
/// the most prominent column. None if there are no two such axes.
std::vector<PhaseDiagram> phase_diagrams_of(const Summary& summary);

}  // namespace tightrope
