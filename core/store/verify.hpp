// Whether what is stored is what was written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tightrope {

struct Damage {
  std::filesystem::path file;
  std::string what;  // a sentence with the file's name
};

/// Checks every byte of a run folder (or of a single cell's folder): run.json, all files of all cells, checkpoints,
/// reasons of failure. Files that can be made again from these (index, report, status) are not part of it.
std::vector<Damage> check_digests(const std::filesystem::path& folder, std::size_t& checked);

}  // namespace tightrope
