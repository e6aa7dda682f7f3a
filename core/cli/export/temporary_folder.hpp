// A folder for files on their way to others.
#pragma once

#include <stdlib.h>

#include "core/store/files/files.hpp"

namespace tightrope::cli {

/// A new folder among the system's temporary ones, removed with what is in it when the object goes. Throws
/// Error(resources).
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tightrope-XXXXXX").string();
    if (!mkdtemp(name.data())) fail_at(name, "created");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tightrope::cli
