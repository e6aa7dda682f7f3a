#include "core/base/process/asked.hpp"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "core/base/header_digest.hpp"
#include "core/base/process/failure.hpp"

namespace tightrope {

namespace {

Asked own;
Asked* asked = &own;

// What follows runs in signal handlers: no memory, no locks.

/// A line of text that is put together without allocating.
class Line {
 public:
  Line& operator<<(const char* text) {
    const std::size_t size = std::min(strlen(text), sizeof bytes_ - used_);
    memcpy(bytes_ + used_, text, size);
    used_ += size;
    return *this;
  }
  Line& operator<<(std::uint64_t number) {
    char digits[24];
    char* first = digits + sizeof digits - 1;
    *first = '\0';
    do *--first = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0);
    return *this << first;
  }
  const char* data() const { return bytes_; }
  std::size_t size() const { return used_; }

 private:
  char bytes_[2000];
  std::size_t used_ = 0;
};

void describe(const Asked& who, Line& line) {
  const std::uint32_t depth = std::min(who.depth, Asked::most);
  for (std::uint32_t i = depth; i-- > 0;) line << who.names[i] << (i > 0 ? ", asked by " : "");
  if (depth > 0 && who.iteration != Asked::no_iteration) line << ", at iteration " << who.iteration;
}

void on_crash(int number) {
  const char* name = sigabbrev_np(number);
  Line line;
  line << (isatty(STDERR_FILENO) ? "\n" : "") << "tightrope: error: ";
  if (asked->depth > 0) {
    line << "SIG" << (name ? name : "") << " in ";
    describe(*asked, line);
    line << "; this is for its author to mend\n";
  } else {
    line << "this should not have happened: SIG" << (name ? name : "") << " in tightrope " TIGHTROPE_VERSION
         << "; please report it\n";
  }
  const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
  static_cast<void>(ignored);
  signal(number, SIG_DFL);
  raise(number);
}

}  // namespace

std::string Asked::text() const {
  Line line;
  describe(*this, line);
  return {line.data(), line.size()};
}

Asking::Asking(std::string_view who, std::string_view call) {
  if (const std::uint32_t depth = asked->depth; depth < Asked::most) {
    std::size_t used = 0;
    const auto put = [&, name = asked->names[depth]](std::string_view text) {
      const std::size_t size = std::min(text.size(), Asked::length - 1 - used);
      memcpy(name + used, text.data(), size);
      used += size;
      name[used] = '\0';
    };
    put(call);
    if (!call.empty()) put("() of ");
    put(who);
  }
  std::atomic_signal_fence(std::memory_order_release);
  ++asked->depth;
}

Asking::~Asking() { --asked->depth; }

void asked_at(std::uint64_t iteration) { asked->iteration = iteration; }

void keep_asked_in(Asked& shared) {
  shared = *asked;
  asked = &shared;
}

void announce_crashes() { handle_crashes(on_crash); }

}  // namespace tightrope
