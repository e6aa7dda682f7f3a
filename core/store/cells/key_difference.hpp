// Why a cell is not stored yet, although one that looks like it is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/experiment/experiment.hpp"

namespace tightrope {

/// What sets the cell apart from the stored one that is nearest to it: one line per field of the spec, plugin, data
/// file or version that differs, e.g. "optimizer.step.value: 0.5, stored with 0.25". Empty if it is stored.
std::vector<std::string> key_differences(const std::filesystem::path& out, const CellSpec& cell);

}  // namespace tightrope
