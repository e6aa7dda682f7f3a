#include "core/store/files/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <thread>

#include "core/base/error.hpp"

namespace tightrope {

namespace {

int written_in(int descriptor) {
  char text[32] = "";
  const ssize_t size = pread(descriptor, text, sizeof text - 1, 0);
  int pid = 0;
  if (size > 0) std::from_chars(text, text + size, pid);
  return pid;
}

bool is_alive(int pid) { return kill(pid, 0) == 0 || errno == EPERM; }

}  // namespace

Lock::Lock(const std::filesystem::path& out)
    : descriptor_(open((out / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (!descriptor_) fail_at(out / ".lock", "written to");
  using namespace std::chrono_literals;
  const auto start = std::chrono::steady_clock::now();
  while (flock(descriptor_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP) {
      missing_ = fmt::format("{} does not lock files (flock: {}); see to it yourself that no two runs write to {}",
                             file_system_of(out), std::strerror(errno), out.string());
      return;
    }
    if (errno != EWOULDBLOCK && errno != EINTR) fail_at(out / ".lock", "locked");
    const int pid = written_in(descriptor_.get());
    // A dead holder's workers end by themselves; one that has only just got the lock writes its number in a moment.
    const auto patience = pid > 0 && !is_alive(pid) ? 30s : 300ms;
    if (std::chrono::steady_clock::now() - start > patience)
      throw Error(Exit::locked,
                  pid > 0 ? fmt::format("{} is in use by process {}; wait for it to end, or choose another folder with "
                                        "--out",
                                        out.string(), pid)
                          : fmt::format("{} is in use by another process; wait for it to end, or choose another folder "
                                        "with --out",
                                        out.string()));
    std::this_thread::sleep_for(20ms);
  }
  const std::string text = fmt::format("{}\n", getpid());
  if (ftruncate(descriptor_.get(), 0) != 0 || pwrite(descriptor_.get(), text.data(), text.size(), 0) < 0)
    fail_at(out / ".lock", "written");
}

int Lock::holder(const std::filesystem::path& out) {
  const Descriptor descriptor(open((out / ".lock").c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor || flock(descriptor.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return 0;
  return written_in(descriptor.get());
}

}  // namespace tightrope
