// Files in one file: what `export --bundle` writes.
#pragma once

#include <map>
#include <string>

namespace tightrope {

/// A gzipped tar archive (POSIX ustar) of files by their path inside the archive. Equal files give equal bytes: sorted
/// names, no times, no owner. Error(config) for a path that the format cannot hold (more than 100 bytes behind a slash,
/// more than 155 before it).
std::string tar_gz(const std::map<std::string, std::string>& files);

}  // namespace tightrope
