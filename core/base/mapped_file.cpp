#include "core/base/mapped_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "core/base/error.hpp"
#include "core/base/limits.hpp"

namespace tightrope {

namespace {

constexpr std::uint64_t zeros_behind = 64;
constexpr std::uint64_t piece_bytes = 4 << 20;  // a multiple of a page

/// What the handler of a signal may look at: a list that only grows, whose places are used again.
struct Guarded {
  std::atomic<std::uintptr_t> begin{0}, end{0};
  std::atomic<bool> lost{false};
  Guarded* next = nullptr;
};
std::atomic<Guarded*> guarded{nullptr};
struct sigaction previous {};
std::mutex guard_mutex;

/// Puts zeros where the file is no longer, from the page that is missing to the end of the mapping.
void on_missing_page(int number, siginfo_t* info, void*) {
  const int error = errno;
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (Guarded* file = guarded.load(std::memory_order_acquire); file; file = file->next) {
    const std::uintptr_t begin = file->begin.load(), end = file->end.load();
    if (at < begin || at >= end) continue;
    const std::uintptr_t page = at & ~static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE) - 1);
    if (mmap(reinterpret_cast<void*>(page), end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
      break;
    file->lost.store(true);
    errno = error;
    return;
  }
  sigaction(number, &previous, nullptr);  // of somebody else, whom the repeated access calls
  errno = error;
}

void guard(const std::byte* data, std::uint64_t size) {
  const std::lock_guard lock(guard_mutex);
  struct sigaction present {};
  sigaction(SIGBUS, nullptr, &present);
  if ((present.sa_flags & SA_SIGINFO) == 0 || present.sa_sigaction != on_missing_page) {
    previous = present;
    struct sigaction action {};
    action.sa_sigaction = on_missing_page;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGBUS, &action, nullptr);
  }
  Guarded* place = guarded.load();
  while (place && place->end.load() != 0) place = place->next;
  if (!place) {
    place = new Guarded;  // for the rest of the process
    place->next = guarded.load();
    guarded.store(place, std::memory_order_release);
  }
  place->lost.store(false);
  place->begin.store(reinterpret_cast<std::uintptr_t>(data));
  place->end.store(reinterpret_cast<std::uintptr_t>(data) + size);
}

Guarded* place_of(const std::byte* data) {
  Guarded* place = guarded.load(std::memory_order_acquire);
  while (place->end.load() == 0 || place->begin.load() != reinterpret_cast<std::uintptr_t>(data)) place = place->next;
  return place;
}

[[noreturn]] void refuse(const std::string& path, const char* what) {
  const int error = errno;
  throw Error(Exit::resources, fmt::format("{} cannot be {}: {}", path, what,
                                           is_shortage(error) ? shortage_text(error) : std::strerror(error)));
}

}  // namespace

MappedFile::MappedFile(const std::string& path) : path_(path), descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) refuse(path, "opened");
  opened_ = state();
  size_ = opened_.size;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  mapped_ = (size_ + zeros_behind + page - 1) / page * page;
  // Zeros everywhere, of which the file covers the beginning.
  void* const at = mmap(nullptr, mapped_, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED ||
      (size_ > 0 && mmap(at, size_, PROT_READ, MAP_PRIVATE | MAP_FIXED, descriptor_, 0) == MAP_FAILED)) {
    const int error = errno;
    if (at != MAP_FAILED) munmap(at, mapped_);
    close(descriptor_);
    errno = error;
    refuse(path, "mapped");
  }
  madvise(at, size_, MADV_SEQUENTIAL);
  data_ = static_cast<const std::byte*>(at);
  guard(data_, mapped_);
  exceeds_memory_ = size_ > memory_limit().left();
}

MappedFile::~MappedFile() {
  {
    const std::lock_guard lock(guard_mutex);
    place_of(data_)->end.store(0);
  }
  munmap(const_cast<std::byte*>(data_), mapped_);
  close(descriptor_);
}

void MappedFile::forget(std::uint64_t begin, std::uint64_t end) const {
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  begin = (begin + page - 1) / page * page;
  end = end / page * page;
  if (begin < end) madvise(const_cast<std::byte*>(data_) + begin, end - begin, MADV_DONTNEED);
}

void MappedFile::go_on(std::uint64_t begin, std::uint64_t end) const {
  if (!exceeds_memory_) return;
  for (std::uint64_t piece = begin / piece_bytes; piece < end / piece_bytes; ++piece) {
    const std::uint64_t from = piece * piece_bytes, ahead = std::min(size_, from + 2 * piece_bytes);
    forget(from, from + piece_bytes);
    madvise(const_cast<std::byte*>(data_) + ahead, std::min(size_ - ahead, piece_bytes), MADV_WILLNEED);
  }
}

MappedFile::State MappedFile::state() const {
  struct stat found {};
  if (fstat(descriptor_, &found) != 0) return {};
  return {static_cast<std::uint64_t>(found.st_size), found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

void MappedFile::check() const {
  const State now = state();
  if (now.size < opened_.size)
    throw Error(Exit::integrity,
                fmt::format("{} was cut from {} to {} bytes while it was read", path_, opened_.size, now.size));
  if (now != opened_) throw Error(Exit::integrity, fmt::format("{} was changed while it was read", path_));
  if (place_of(data_)->lost.load())
    throw Error(Exit::integrity, fmt::format("{} could not be read to its end: the device reports an error", path_));
}

}  // namespace tightrope
