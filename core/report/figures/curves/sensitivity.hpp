// What a tuned value is worth beside the others that were tried.
#pragma once

#include <vector>

#include "core/report/figures/figure.hpp"
#include "core/report/figures/maps/phase_diagrams.hpp"
#include "core/store/trials.hpp"
#include "core/study/findings/summary.hpp"

namespace tightrope {

/// For settings that tried several numbers of one path: the last value of the column that decided, a line for each
/// setting, in the style of its method, with a mark on what was chosen.
std::vector<Figure> sensitivity_curves(const std::vector<TriedValues>& trials, const Summary& summary);
/// For those that tried several numbers of two paths: a map for each setting.
std::vector<PhaseDiagram> sensitivity_maps(const std::vector<TriedValues>& trials);

}  // namespace tightrope
