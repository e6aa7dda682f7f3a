// Which plugin is at work, for what is said when the process ends in the middle of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tightrope {

/// The plugins that are being asked for something, the innermost last, and the iteration of the run that asks. Plain
/// memory, without pointers: a process can keep it where another one reads it after its death, however that came about.
struct Asked {
  static constexpr std::uint32_t most = 6;
  static constexpr std::size_t length = 200;
  static constexpr std::uint64_t no_iteration = ~std::uint64_t{0};
  std::uint64_t iteration = no_iteration;
  std::uint32_t depth = 0;
  char names[most][length] = {};

  /// "choose() of step size 'x', asked by advance() of optimizer 'y', at iteration 10"; empty if nobody is being asked.
  std::string text() const;
};

/// While it lives, `who` is being asked, by a call of this function if there is one. Of one thread at a time: the one
/// that runs the engine.
class Asking {
 public:
  explicit Asking(std::string_view who, std::string_view call = {});
  ~Asking();
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
};

/// From now on who asks is a run at this iteration.
void asked_at(std::uint64_t iteration);

/// Keeps the notes in memory that this process shares with another; it must outlive the process's plugins.
void keep_asked_in(Asked& shared);

/// From now on a process that ends by a fault of its own code (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) says so on
/// standard error, with the plugin that was being asked, before it ends with that signal all the same.
void announce_crashes();

}  // namespace tightrope
