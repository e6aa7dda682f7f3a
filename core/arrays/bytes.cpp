#include "core/arrays/bytes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "core/base/limits.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

static_assert(std::endian::native == std::endian::little, "fields of files are little-endian, as memory is");

void refuse_file(const std::string& name, const std::string& why) {
  throw Error(Exit::config, fmt::format("{}: {}", name, why));
}

void require_room(long double bytes, const std::string& name) { require_memory(bytes, name + ": what it announces"); }

void ByteSource::read(std::uint64_t at, void* to, std::size_t count) const {
  if (at > size_ || count > size_ - at) refuse_file(name_, "the file is incomplete");
  do_read(at, to, count);
}

std::string ByteSource::text(std::uint64_t at, std::size_t count) const {
  if (at > size_ || count > size_ - at) refuse_file(name_, "the file is incomplete");
  std::string bytes(count, '\0');
  do_read(at, bytes.data(), count);
  return bytes;
}

std::uint64_t ByteSource::field(std::uint64_t at, std::size_t bytes) const {
  std::uint64_t value = 0;
  read(at, &value, bytes);
  return value;
}

namespace {

/// Asked of the open file: what a path is said to be may be seconds old on network file systems.
struct stat facts_of(int descriptor) {
  struct stat facts {};
  if (fstat(descriptor, &facts) != 0) facts.st_mode = 0;
  return facts;
}

int opened(const std::filesystem::path& file) {
  // A pipe in the place of a file would wait for somebody who writes.
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR)) refuse_file(file.string(), missing_file(file));
  if (descriptor < 0) refuse_file(file.string(), fmt::format("the file cannot be opened: {}", std::strerror(errno)));
  if (S_ISREG(facts_of(descriptor).st_mode)) return descriptor;
  close(descriptor);
  refuse_file(file.string(), "this is not a regular file");
}

std::uint64_t size_of(const std::filesystem::path& file) {
  const int descriptor = opened(file);
  const auto size = static_cast<std::uint64_t>(facts_of(descriptor).st_size);
  close(descriptor);
  return size;
}

}  // namespace

FileBytes::FileBytes(const std::filesystem::path& file)
    : ByteSource(file.string(), size_of(file)), descriptor_(opened(file)) {}

FileBytes::~FileBytes() { close(descriptor_); }

void FileBytes::do_read(std::uint64_t at, void* to, std::size_t count) const {
  for (std::size_t done = 0; done < count;) {
    constexpr std::size_t most = std::size_t{1} << 30U;
    const ssize_t got =
        pread(descriptor_, static_cast<char*>(to) + done, std::min(most, count - done), static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) refuse_file(name(), "reading the file failed part way");
    done += static_cast<std::size_t>(got);
  }
}

void MemoryBytes::do_read(std::uint64_t at, void* to, std::size_t count) const {
  std::memcpy(to, bytes_.data() + at, count);
}

void PartOfBytes::do_read(std::uint64_t at, void* to, std::size_t count) const { whole_.read(begin_ + at, to, count); }

}  // namespace tightrope
