// Which cells of a study go together: lanes of one operator, for the scheduler and for the tasks of other machines.
#pragma once

#include <vector>

#include "core/experiment/experiment.hpp"

namespace tightrope {

/// Cells by their indices in the study.
using CellIndices = std::vector<std::size_t>;

constexpr std::size_t most_lanes = 32;  // of a batch

/// Those of `which` that share an operator, in the order in which the operators come first; each by itself without
/// `lanes`.
std::vector<CellIndices> lane_groups(const std::vector<CellSpec>& cells, const CellIndices& which, bool lanes);
/// A group in so many parts that differ by one cell at the most.
std::vector<CellIndices> divided(const CellIndices& group, std::size_t parts);

}  // namespace tightrope
