#include "core/config/paths.hpp"

namespace tightrope {

namespace fs = std::filesystem;

fs::path resolved_path(const fs::path& path) {
  fs::path resolved;
  std::error_code error;
  for (const fs::path& part : fs::absolute(path)) {
    if (part == ".." && fs::is_symlink(resolved, error)) {
      const fs::path target = fs::canonical(resolved, error);
      resolved = error ? resolved.parent_path() : target.parent_path();
    } else if (part == "..") {
      resolved = resolved.parent_path();
    } else if (part != "." && !part.empty()) {
      resolved /= part;
    }
  }
  return resolved;
}

}  // namespace tightrope
