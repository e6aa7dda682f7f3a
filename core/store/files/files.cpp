#include "core/store/files/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/limits.hpp"

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

void check_readable(const fs::path& folder) {
  struct stat status {};
  const bool is_there = stat(folder.c_str(), &status) == 0;
  if (is_there ? S_ISDIR(status.st_mode) && access(folder.c_str(), R_OK | X_OK) != 0 : errno == EACCES)
    fail_at(folder, "read");
}

namespace {

/// Writes `file`; messages speak of `shown`.
void write_shown(const fs::path& file, const std::string& bytes, const fs::path& shown) {
  Descriptor descriptor(open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!descriptor) fail_at(shown, "created");
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = write(descriptor.get(), bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_at(shown, "written");
    done += static_cast<std::size_t>(written);
  }
  if (close(descriptor.release()) != 0) fail_at(shown, "written");
}

}  // namespace

void write_file(const fs::path& file, const std::string& bytes) { write_shown(file, bytes, file); }

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
    write_shown(fresh, bytes, file);
    if (durable) sync_path(fresh);
    if (rename(fresh.c_str(), file.c_str()) != 0) fail_at(file, "published");
  } catch (const Error&) {
    unlink(fresh.c_str());
    throw;
  }
  if (durable) sync_path(file.has_parent_path() ? file.parent_path() : fs::path("."));
}

bool is_there(const fs::path& file) {
  const Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return descriptor || (errno != ENOENT && errno != ENOTDIR);  // whoever reads it will say what else is wrong
}

std::string file_system_of(const fs::path& path) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(fs::absolute(path), ignored);
  std::ifstream mounts("/proc/self/mountinfo");
  std::string type = "unknown";
  fs::path nearest;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string word, point, kind;
    words >> word >> word >> word >> word >> point;
    std::istringstream(line.substr(line.find(" - ") + 3)) >> kind;
    const fs::path inside = whole.lexically_relative(point);
    if (*inside.begin() == ".." || point.size() < nearest.native().size()) continue;
    nearest = point;
    type = kind;
  }
  return fmt::format("the file system {} at {}", type, nearest.string());
}

std::string read_file(const fs::path& file) {
  // A pipe in the place of a file would wait for somebody who writes.
  const Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
    throw Error(Exit::integrity, fmt::format("{} is missing", file.string()));
  struct stat status {};
  if (!descriptor) refuse_shortage(errno, file.string() + " cannot be opened");
  if (!descriptor || fstat(descriptor.get(), &status) != 0) fail_at(file, "read");
  if (!S_ISREG(status.st_mode)) throw Error(Exit::integrity, fmt::format("{} is no regular file", file.string()));
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got = read(descriptor.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_at(file, "read");
    if (got == 0) throw Error(Exit::integrity, fmt::format("{} became shorter while it was read", file.string()));
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

fs::path temporary_name(const fs::path& final) {
  char host[65] = "";
  gethostname(host, sizeof host - 1);
  return final.parent_path() / fmt::format(".tmp-{}-{}-{}", final.filename().string(), host, getpid());
}

void remove_temporaries(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename().string().rfind(".tmp-", 0) == 0) stale.push_back(entry.path());
  for (const fs::path& path : stale) fs::remove_all(path, ignored);
}

}  // namespace tightrope
