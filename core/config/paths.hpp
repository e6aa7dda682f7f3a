// Names of files and folders as configs and command lines write them.
#pragma once

#include <filesystem>

namespace tightrope {

/// An absolute path with "." and ".." taken out as the file system takes them: ".." behind a link to a folder is the
/// folder above the one that the link leads to. Links are kept where nothing goes back over them.
std::filesystem::path resolved_path(const std::filesystem::path& path);

}  // namespace tightrope
