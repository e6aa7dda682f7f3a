#include "core/base/installation.hpp"

#include <dlfcn.h>

namespace tightrope {

namespace fs = std::filesystem;

namespace {

/// The folder itself, links followed, or "".
fs::path existing(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder, ignored) ? fs::weakly_canonical(folder, ignored) : fs::path();
}

bool is_installed() { return library_folder().filename() == "tightrope"; }

}  // namespace

const fs::path& library_folder() {
  static const fs::path folder = [] {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&library_folder), &info) == 0 || !info.dli_fname) return fs::path();
    return fs::weakly_canonical(info.dli_fname).parent_path();
  }();
  return folder;
}

fs::path installation_prefix() {
  const fs::path above = library_folder().parent_path();
  return is_installed() ? above.parent_path() : above;
}

const fs::path& plugin_folder() {
  static const fs::path folder = existing((is_installed() ? library_folder() : installation_prefix()) / "plugins");
  return folder;
}

fs::path shared_folder(const std::string& name) {
  return existing(installation_prefix() / "share" / "tightrope" / name);
}

}  // namespace tightrope
