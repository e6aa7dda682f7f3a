// Checkpoints of runs in progress: OUT/unfinished/<folder of the cell>.state, one file per cell.
//
// A file begins with a line of text, "tightrope checkpoint 4 <key> <SHA-256 of the rest>", so that neither another
// cell's checkpoint nor a damaged one is ever taken up.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/experiment/experiment.hpp"

namespace tightrope {

/// Writes the lane's checkpoint in the place of an older one. Throws Error(resources).
void write_checkpoint(const std::filesystem::path& out, const CellSpec& cell, const Lane& lane);
/// Takes up the cell's checkpoint; false if there is none. Throws Error(integrity) if there is one that is damaged or
/// belongs to something else; it is then set aside under the name <…>.state.damaged, and the lane is as it was.
bool read_checkpoint(const std::filesystem::path& out, const CellSpec& cell, Lane& lane);
/// Takes up a checkpoint that may be of the same cell with another budget, and leaves the file alone. Throws
/// Error(integrity) if it is damaged or another cell's.
void restore_checkpoint(const std::filesystem::path& file, const CellSpec& cell, Lane& lane);
/// The checkpoints of the cell, whatever its budget.
std::vector<std::filesystem::path> checkpoints_of(const std::filesystem::path& out, const CellSpec& cell);
/// A cell that is finished needs its checkpoint no more.
void remove_checkpoint(const std::filesystem::path& out, const CellSpec& cell);
bool has_checkpoint(const std::filesystem::path& out, const CellSpec& cell);
/// What is wrong with a checkpoint file, or nothing.
std::string damage_of_checkpoint(const std::filesystem::path& file);

}  // namespace tightrope
