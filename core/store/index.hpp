// OUT/index.sqlite: a table of the finished runs, for questions in SQL.
//
//   runs(folder, key, labels, end, reason, iterations, passes, seconds, metrics)
//
// with labels and metrics as JSON: SELECT labels->>'method', metrics->>'relative_error' FROM runs WHERE passes > 1000.
// The cells on disk are the truth. A table that is missing, damaged, of another version or not that of the cells is
// made again from them, and every row carries a digest, because SQLite itself does not see a flipped byte in its data.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/store/cells/cell.hpp"

namespace tightrope {

/// Brings the table in line with OUT/cells; cells that the caller has read already are not read again. Only who holds
/// the folder's lock may ask. Returns how many rows it added. Throws Error(resources) if it cannot be written,
/// Error(integrity) if a cell is damaged.
std::size_t refresh_index(const std::filesystem::path& out, const std::vector<StoredCell>& at_hand = {});

/// Answers one SELECT; the first row of the answer holds the names of the columns. Throws Error(config) with SQLite's
/// own words if the question is wrong or is no question.
std::vector<std::vector<std::string>> ask_index(const std::filesystem::path& out, const std::string& question);

}  // namespace tightrope
