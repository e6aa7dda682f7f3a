// Where it is remembered what is known of plugins.
#pragma once

#include <filesystem>
#include <string>

namespace tightrope {

/// The folder for one thing that is known of plugins, by their content: "probes" for those that could be opened. Empty
/// if nothing can be remembered.
std::filesystem::path memory_folder(const std::string& what);

}  // namespace tightrope
