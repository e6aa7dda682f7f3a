#include "core/store/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/base/limits.hpp"
#include "core/error.hpp"

namespace tightrope {

namespace fs = std::filesystem;

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(value_, other.value_);
  return *this;
}
Descriptor::~Descriptor() {
  if (value_ >= 0) close(value_);
}
int Descriptor::release() { return std::exchange(value_, -1); }

void fail_at(const fs::path& file, const std::string& action) {
  const int reason = errno;
  throw Error(Exit::resources, fmt::format("{} cannot be {}: {}", file.string(), action, shortage_text(reason)));
}

void write_file(const fs::path& file, const std::string& bytes) {
  Descriptor descriptor(open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!descriptor) fail_at(file, "created");
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = write(descriptor.get(), bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_at(file, "written");
    done += static_cast<std::size_t>(written);
  }
  if (close(descriptor.release()) != 0) fail_at(file, "written");
}

void sync_path(const fs::path& path) {
  const Descriptor descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor || fsync(descriptor.get()) != 0) fail_at(path, "written to disk");
}

void sync_file_system(const fs::path& path) {
  const Descriptor descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor || syncfs(descriptor.get()) != 0) fail_at(path, "written to disk");
}

void write_atomically(const fs::path& file, const std::string& bytes, bool durable) {
  const fs::path fresh = temporary_name(file);
  try {
    write_file(fresh, bytes);
    if (durable) sync_path(fresh);
    if (rename(fresh.c_str(), file.c_str()) != 0) fail_at(file, "published");
  } catch (const Error&) {
    unlink(fresh.c_str());
    throw;
  }
  if (durable) sync_path(file.has_parent_path() ? file.parent_path() : fs::path("."));
}

std::string read_file(const fs::path& file) {
  const Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!descriptor) refuse_shortage(errno, file.string() + " cannot be opened");
  if (!descriptor || fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode))
    throw Error(Exit::integrity, fmt::format("{} is missing or cannot be read", file.string()));
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got = read(descriptor.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw Error(Exit::integrity, fmt::format("{} is missing or cannot be read", file.string()));
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

fs::path temporary_name(const fs::path& final) {
  return final.parent_path() / fmt::format(".tmp-{}-{}", final.filename().string(), getpid());
}

void remove_temporaries(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename().string().rfind(".tmp-", 0) == 0) stale.push_back(entry.path());
  for (const fs::path& path : stale) fs::remove_all(path, ignored);
}

}  // namespace tightrope
