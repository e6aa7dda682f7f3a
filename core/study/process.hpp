// One worker process as its parent sees it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/store/files.hpp"
#include "core/study/job.hpp"

namespace tightrope {

/// Starts this program again as a worker (never a bare fork: libraries with threads do not survive one), with the job
/// on its standard input. Ended and waited for by the destructor if it is still there.
class Process {
 public:
  /// Throws Error(resources) if it cannot be started.
  Process(const Job& job, int lock_descriptor);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  int reports() const { return reports_.get(); }  // to poll
  /// Whole lines that have come in.
  std::vector<Report> read();
  /// True once the process has ended; all its reports can be read by then.
  bool has_ended();
  void ask_to_stop() const;
  void kill() const;
  /// How it ended, in words: "SIGSEGV in worker", "the worker ended by itself with code 3"; with the last line it wrote
  /// to standard error, if any.
  std::string epitaph() const;
  bool ran_short() const;          // a limit or a lack of something ended it before it could say anything
  bool was_killed() const;         // by SIGKILL, be it ours or the system's
  std::string last_words() const;  // the last line on its standard error
  double silent_seconds() const;   // since the last report

 private:
  int pid_ = 0, status_ = 0;
  Descriptor reports_, messages_;
  std::string buffer_;
  bool spoke_ = false;  // at least one report has come in
  std::chrono::steady_clock::time_point heard_ = std::chrono::steady_clock::now();
};

}  // namespace tightrope
