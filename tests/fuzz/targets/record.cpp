// A stored run: the first byte says which of its files the others are. The sums fit them, so that what is behind is
// read.
#include <filesystem>
#include <fstream>
#include <vector>

#include "core/base/digest.hpp"
#include "core/store/cells/cell.hpp"
#include "core/store/files/files.hpp"
#include "tests/fuzz/target.hpp"

namespace {

namespace fs = std::filesystem;
const std::vector<std::string> names = {"record.json",     "trace.csv",  "final.npz",
                                        "provenance.json", "timing.csv", "state.bin"};

/// A folder with a run that is whole, removed at the end.
struct Cell {
  fs::path folder;
  Cell() {
    std::string pattern = "/dev/shm/tightrope-fuzz-XXXXXX";
    folder = mkdtemp(pattern.data());
    for (const auto& entry : fs::directory_iterator(TIGHTROPE_SOURCE_DIR "/tests/fuzz/cell"))
      fs::copy_file(entry.path(), folder / entry.path().filename());
  }
  ~Cell() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  void write_sums() const {
    std::string sums;
    for (const std::string& line_name : sums_order())
      sums += tightrope::sha256_file(folder / line_name) + "  " + line_name + "\n";
    std::ofstream(folder / "SHA256SUMS", std::ios::binary) << sums;
  }
  /// The names as the sums of the stored run list them.
  static const std::vector<std::string>& sums_order() {
    static const std::vector<std::string> order = [] {
      std::vector<std::string> found;
      std::ifstream file(TIGHTROPE_SOURCE_DIR "/tests/fuzz/cell/SHA256SUMS");
      for (std::string digest, name; file >> digest >> name;) found.push_back(name);
      return found;
    }();
    return order;
  }
};

}  // namespace

void tightrope::fuzz::read(std::string_view bytes) {
  if (bytes.empty()) return;
  static const Cell cell;
  const std::string& name = names[static_cast<unsigned char>(bytes[0]) % names.size()];
  const std::string before = read_file(cell.folder / name);
  struct Restore {
    const fs::path file;
    const std::string& bytes;
    ~Restore() { std::ofstream(file, std::ios::binary) << bytes; }
  } restore{cell.folder / name, before};
  std::ofstream(cell.folder / name, std::ios::binary) << bytes.substr(1);
  cell.write_sums();
  read_cell(cell.folder);
}
