// What plugins print while cells are computed by worker processes: OUT/printed/<folder of the cell>.txt. Of cells that
// shared a process, each has all of it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/experiment/experiment.hpp"

namespace tightrope {

/// Adds a line; beyond a megabyte no more. What cannot be written is left out: no run fails by it.
void keep_printed(const std::filesystem::path& out, const CellSpec& cell, const std::string& line);
/// Before the cell is computed from its start.
void remove_printed(const std::filesystem::path& out, const CellSpec& cell);
/// The last lines, at most so many, of the cells of this key.
std::vector<std::string> last_printed(const std::filesystem::path& out, const std::string& key, std::size_t most);
/// How many cells have printed something.
std::size_t count_printed(const std::filesystem::path& out);

}  // namespace tightrope
