#include "core/store/cells/printed.hpp"

#include <fstream>

#include "core/store/cells/cell.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t most_bytes = 1'000'000;

fs::path file_of(const fs::path& out, const CellSpec& cell) { return out / "printed" / (folder_name(cell) + ".txt"); }

}  // namespace

void keep_printed(const fs::path& out, const CellSpec& cell, const std::string& line) {
  std::error_code ignored;
  fs::create_directories(out / "printed", ignored);
  const fs::path file = file_of(out, cell);
  const std::uintmax_t size = fs::exists(file, ignored) ? fs::file_size(file, ignored) : 0;
  if (size > most_bytes) return;
  std::ofstream(file, std::ios::app) << line << "\n" << (size + line.size() + 1 > most_bytes ? "… and more\n" : "");
}

void remove_printed(const fs::path& out, const CellSpec& cell) {
  std::error_code ignored;
  fs::remove(file_of(out, cell), ignored);
}

std::vector<std::string> last_printed(const fs::path& out, const std::string& key, std::size_t most) {
  std::vector<std::string> lines;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(out / "printed", ignored)) {
    const std::string name = entry.path().filename().string();
    if (!key.starts_with(name.substr(0, name.find_first_of("-.")))) continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) lines.push_back(line);
  }
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
  return lines;
}

std::size_t count_printed(const fs::path& out) {
  std::error_code ignored;
  const fs::directory_iterator files(out / "printed", ignored);
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

}  // namespace tightrope
