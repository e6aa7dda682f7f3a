// A file as memory that others may damage while it is read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tightrope {

/// A whole file, mapped to be read from its beginning to its end again and again. Behind the end there are at least 64
/// bytes of zeros.
///
/// Where pages can no longer be had, because somebody cut the file or the device failed, zeros are read in their place
/// instead of SIGBUS ending the process, and check() tells.
class MappedFile {
 public:
  /// Throws Error(resources) if the file cannot be opened or mapped.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& path() const { return path_; }
  const std::byte* data() const { return data_; }
  std::uint64_t size() const { return size_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  /// Bytes that leave the memory of this process, and come back if they are asked for.
  void forget(std::uint64_t begin, std::uint64_t end) const;
  /// To be told by a thread that has read [begin, end) and goes on behind it. Of a file that is larger than memory what
  /// lies behind is then asked for, and what was read is let go, megabytes at a time: pages that no process has mapped
  /// are given back at a fraction of the cost.
  void go_on(std::uint64_t begin, std::uint64_t end) const;
  /// Throws Error(integrity) unless all that was read so far is what the file held when it was opened: it has kept its
  /// size and its time of modification, and no page was missing.
  void check() const;

 private:
  struct State {
    std::uint64_t size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    bool operator==(const State&) const = default;
  };
  State state() const;

  std::string path_;
  int descriptor_ = -1;
  State opened_;
  std::uint64_t size_ = 0, mapped_ = 0;
  const std::byte* data_ = nullptr;
  bool exceeds_memory_ = false;
};

}  // namespace tightrope
