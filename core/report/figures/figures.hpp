// All figures of a page.
#pragma once

#include <vector>

#include "core/report/figures/figure.hpp"
#include "core/report/figures/maps/phase_diagrams.hpp"
#include "core/store/result.hpp"
#include "core/study/summary.hpp"

namespace tightrope {

struct Figures {
  std::vector<Figure> curves, along_axes, profiles;
  std::vector<PhaseDiagram> maps;
};
Figures figures_of(const StoredRun& run, const Summary& summary);
/// Writes FOLDER/*.svg: one file for each figure, clock and sheet.
void write_files(const Figures& figures, const std::filesystem::path& folder);

}  // namespace tightrope
