#include "core/store/verify.hpp"

#include <algorithm>

#include "core/store/cells/checkpoint.hpp"
#include "core/store/run_folder.hpp"

namespace tightrope {

namespace fs = std::filesystem;

std::vector<Damage> check_digests(const fs::path& folder, std::size_t& checked) {
  std::vector<Damage> all;
  std::error_code ignored;
  const auto note = [&](const fs::path& file, std::string what) {
    ++checked;
    if (!what.empty()) all.push_back({file, std::move(what)});
  };
  const auto entries = [&](const fs::path& of) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(of, ignored))
      if (entry.path().filename().string().rfind('.', 0) != 0) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
  };
  if (!fs::exists(folder / "run.json", ignored) && fs::exists(folder / "record.json", ignored)) {
    note(folder, damage_of(folder));
    return all;
  }
  note(folder / "run.json", damage_of_run(folder));
  for (const fs::path& cell : entries(folder / "cells")) note(cell, damage_of(cell));
  for (const fs::path& file : entries(folder / "unfinished"))
    if (file.extension() == ".state") note(file, damage_of_checkpoint(file));
  return all;
}

}  // namespace tightrope
