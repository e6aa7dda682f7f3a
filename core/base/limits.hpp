// What this process may take of the machine it runs on: memory, threads, processes.
//
// Batch systems and containers give a program less than the machine has. Whoever plans, allocates or starts something
// asks here, and whoever refuses says which limit it was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tightrope {

struct MemoryLimit {
  std::uint64_t bytes = 0;  // that may be taken
  std::uint64_t taken = 0;  // of them, so far
  std::string owner;  // who limits: "this machine", "the control group /…", "the limit on address space (ulimit -v)"
  bool address_space = false;  // counts what is mapped, whether or not it is ever touched

  std::uint64_t left() const { return bytes > taken ? bytes - taken : 0; }
  /// "this machine has 25.2 GB of memory", "the control group /a/b allows 400 MB of memory, of which 390 MB are left"
  std::string text() const;
};

/// Everything that bounds the memory of this process: the machine, control groups (v1 and v2, with all that they are
/// nested in), RLIMIT_AS and RLIMIT_DATA. Where a limit is none, it is not here. Of the machine's memory a tenth is
/// counted as taken by others. `root` is where /proc and /sys are; tests have other ones.
std::vector<MemoryLimit> memory_limits(const std::filesystem::path& root = "/");
/// The one that leaves least.
MemoryLimit memory_limit();

/// Throws Error(resources) if `bytes` more than now are not to be had: "{what} = 1.6 GB, but this machine has …".
/// `what` names who needs them and by which formula; `advice` what to do.
void require_memory(long double bytes, const std::string& what, const std::string& advice = "take a smaller problem");

/// While one exists, its thread is asked only how much it would take: the first require_memory() is remembered and
/// refused.
class MemoryQuestion {
 public:
  MemoryQuestion();
  ~MemoryQuestion();
  MemoryQuestion(const MemoryQuestion&) = delete;
  MemoryQuestion& operator=(const MemoryQuestion&) = delete;
  std::uint64_t asked() const { return asked_; }  // 0 so far

 private:
  friend void require_memory(long double, const std::string&, const std::string&);
  std::uint64_t asked_ = 0;
};

/// "1.6 GB", "29 MB", "512 B": powers of ten.
std::string bytes_text(long double bytes);

/// How many processes the system has ended so far for want of memory in the control groups of this process.
std::uint64_t memory_kills(const std::filesystem::path& root = "/");

/// How many more processes and threads may be started, as far as control groups tell; at most `wanted`.
unsigned startable_threads(unsigned wanted, const std::filesystem::path& root = "/");
/// Why no thread, no process could be started: the limits that may be to blame, with their values.
std::string process_limits(const std::filesystem::path& root = "/");
/// Threads to use where nobody says how many: one for each core that this process may use.
unsigned default_threads();

/// Whether an error number says that the machine or a limit gives no more: no memory, no descriptors, no
/// processes. The same for the texts in which the dynamic linker wraps it.
bool is_shortage(int error);
bool is_shortage(const std::string& complaint);
/// What was short and which limit it was, in words, for the sentence of an error: "Too many open files; the limit on
/// open files (ulimit -n) is 16".
std::string shortage_text(int error);
/// Throws Error(resources) if the number says so: "{what}: Too many open files; …".
void refuse_shortage(int error, const std::string& what);

}  // namespace tightrope
