#include "core/base/mapped_file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

using namespace tightrope;

namespace {

/// Bytes, by the name of a line of /proc/self/status.
std::uint64_t status(const std::string& name) {
  std::ifstream stream("/proc/self/status");
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) << 10;
  return 0;
}

/// So many MiB, of which the k-th holds the letter a + k mod 26.
struct File {
  std::string path = std::filesystem::temp_directory_path() / ("tightrope-mapped-" + std::to_string(getpid()));
  explicit File(int megabytes) {
    std::ofstream stream(path, std::ios::binary);
    for (int k = 0; k < megabytes; ++k) stream << std::string(1 << 20, static_cast<char>('a' + k % 26));
  }
  ~File() { std::filesystem::remove(path); }
};

/// Maps a file while data may take little more than now.
struct Short {
  rlimit before{};
  explicit Short(std::uint64_t bytes) {
    getrlimit(RLIMIT_DATA, &before);
    const rlimit less{status("VmData") + bytes, before.rlim_max};
    setrlimit(RLIMIT_DATA, &less);
  }
  ~Short() { setrlimit(RLIMIT_DATA, &before); }
};

constexpr std::uint64_t megabyte = 1 << 20;

std::uint64_t wrong(const MappedFile& file, std::uint64_t begin, std::uint64_t end) {
  std::uint64_t found = 0;
  for (std::uint64_t i = begin; i < end; ++i)
    found += static_cast<char>(file.data()[i]) != static_cast<char>('a' + i / megabyte % 26);
  return found;
}

}  // namespace

TEST_CASE("mapped file: what was read of one that is larger than memory is let go, and can be read again") {
  const File written(32);
  const auto read = [&](std::uint64_t left) {
    std::unique_ptr<MappedFile> file;
    {
      const Short shortage(left);
      file = std::make_unique<MappedFile>(written.path);
    }
    const std::uint64_t before = status("RssFile");
    for (std::uint64_t begin = 0; begin < file->size(); begin += megabyte / 2) {
      CHECK(wrong(*file, begin, begin + megabyte / 2) == 0);
      file->go_on(begin, begin + megabyte / 2);
    }
    const std::uint64_t held = status("RssFile") - before;
    CHECK(wrong(*file, 0, file->size()) == 0);
    file->check();
    return held;
  };
  CHECK(read(64 * megabyte) >= 32 * megabyte);
  CHECK(read(16 * megabyte) <= 8 * megabyte);
}
