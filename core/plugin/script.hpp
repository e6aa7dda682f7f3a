// Plugins in Python: the door to the optional library that runs them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/plugin/library.hpp"

namespace tightrope {

/// A script as it was found: <kind>/<name>.py, the file that this stands for, and what the file holds.
struct Script {
  std::filesystem::path path, file;
  std::string text;
};

/// Whether a plugin's file would be a script, by its name.
bool is_script(const std::filesystem::path& path);
/// The kinds of plugin that a script can be.
const std::vector<std::string>& script_kinds();

/// Judges the script and runs it once. Throws Error(plugin) with one sentence, also where this build has no Python.
std::shared_ptr<const Library> open_script(const Script& script);

/// What the optional library defines, under this name: `opened` is set.
inline constexpr const char* script_entry_point = "tightrope_open_script";
using ScriptEntryPoint = void(const Script& script, std::shared_ptr<const Library>& opened);

}  // namespace tightrope
