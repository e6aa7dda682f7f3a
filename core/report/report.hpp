// The page and the figures of a run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/store/result.hpp"

namespace tightrope {

/// What a report can show beyond the stored run, per cell: the truth, rebuilt from the spec.
struct CellExtras {
  std::shared_ptr<const Truth> truth;   // null if unknown or no longer to be had
  std::shared_ptr<const Mat> estimate;  // X(p) at the end of the run; null if it cannot be made
};

/// Truth and estimates are shown for runs of no more cells.
inline constexpr std::size_t most_pictured_cells = 8;

/// Writes OUT/report.html (self-contained, no network) and OUT/figures/*.svg, one for each figure and clock. A pure
/// function of the stored run. `extras` holds one entry for each cell, or none.
/// Throws Error(config) if no run is finished, Error(resources) if the files cannot be written.
void write_report(const StoredRun& run, const std::vector<CellExtras>& extras);

}  // namespace tightrope
