// The page and the figures of a run.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/store/run_folder.hpp"

namespace tightrope {

/// What a report shows beyond the stored numbers: truths and estimates, each made when its turn has come and given up
/// after it.
struct Pictures {
  std::vector<std::vector<std::size_t>> groups;  // cells, by their truth; those in no group are not pictured
  /// The truth of a group; null if it is unknown or not to be had.
  std::function<std::shared_ptr<const Truth>(const std::vector<std::size_t>& group)> truth;
  /// X(p) at the end of a cell's run; null if it is not to be had.
  std::function<std::optional<LowRank>(std::size_t cell, const Truth* truth)> estimate;
};

/// Truth and estimates are shown for runs of no more cells.
inline constexpr std::size_t most_pictured_cells = 8;

/// Writes OUT/report.html (self-contained, no network) and OUT/figures/*.svg, one for each figure and clock. A pure
/// function of the stored run.
/// Throws Error(config) if no run is finished, Error(resources) if the files cannot be written.
void write_report(const StoredRun& run, const Pictures& pictures);

}  // namespace tightrope
