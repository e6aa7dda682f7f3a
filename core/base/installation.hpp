// What came with the program, found from where its library lies: an installation may be moved as a whole.
//
//   installed: PREFIX/lib/tightrope/ with the libraries, plugins/ below them;  PREFIX/share/tightrope/
//   built:     PREFIX/lib/ with the libraries, PREFIX/plugins/;                 PREFIX/share/tightrope/
#pragma once

#include <filesystem>
#include <string>

namespace tightrope {

/// Absolute folder of the libraries and of the programs that they start; "" where the loader does not tell.
const std::filesystem::path& library_folder();
/// Absolute folder that holds all of an installation, or of a build.
std::filesystem::path installation_prefix();
/// Absolute folder of the plugins that came with the program; "" if none came.
const std::filesystem::path& plugin_folder();
/// Absolute folder of other files that came with it, such as "configs"; "" if they did not come.
std::filesystem::path shared_folder(const std::string& name);

}  // namespace tightrope
