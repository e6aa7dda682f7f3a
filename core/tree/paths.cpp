#include "core/tree/paths.hpp"

#include <cstdlib>

#include "core/tree/parameters.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

/// In place of a line: what a position names is the file that the value stands for.
constexpr int at_the_file_itself = -1;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

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

FileAndMember split_member(const std::string& name) {
  const std::string text = lower(name);
  std::size_t colon = std::string::npos;
  for (const char* ending : {".npz:", ".mat:"})
    if (const std::size_t at = text.rfind(ending); at != std::string::npos && at + 5 < text.size())
      if (colon == std::string::npos || at + 4 > colon) colon = at + 4;
  if (colon == std::string::npos) return {name, ""};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

std::string member_name(const std::string& name, const std::string& array) {
  return split_member(name).file + ":" + array;
}

Node located(Node value, const std::string& path) {
  value.position = {path, at_the_file_itself, 0};
  return value;
}

std::string file_path(const Node& value) {
  if (value.position.line == at_the_file_itself) return value.position.file;
  // An assignment on the command line has no folder of its own: there the current one counts.
  std::error_code error;
  const fs::path place = value.position.file;
  const fs::path folder = fs::is_regular_file(place, error) ? place.parent_path()
                          : fs::is_directory(place, error)  ? place  // the config itself may be gone
                                                            : fs::path();
  std::string name = split_member(value.scalar).file;
  const char* const home = std::getenv("HOME");
  if ((name == "~" || name.starts_with("~/")) && home && *home) name.replace(0, 1, home);
  return resolved_path(folder / name).string();
}

}  // namespace tightrope
