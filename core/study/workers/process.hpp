// One worker process as its parent sees it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/base/process/asked.hpp"
#include "core/store/files/lock.hpp"
#include "core/study/workers/job.hpp"

namespace tightrope {

/// Starts this program again as a worker (never a bare fork: libraries with threads do not survive one), with the job
/// on its standard input. Ended and waited for by the destructor if it is still there.
class Process {
 public:
  /// Throws Error(resources) if it cannot be started.
  /// The worker holds the lock, too, as long as it is there; null for none.
  Process(const Job& job, const Lock* lock);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  int reports() const { return reports_.get(); }  // to poll
  int output() const { return output_.get(); }    // to poll
  /// Whole lines that have come in.
  std::vector<Report> read();
  /// True once the process has ended; all its reports can be read by then.
  bool has_ended();
  void ask_to_stop() const;
  void kill() const;
  /// A line that came in on its standard output or error, with the batch that was running, by its place in the job.
  struct Printed {
    std::size_t batch;
    std::string line;
  };
  /// What has come in; all of it once the process has ended.
  std::vector<Printed> printed();
  /// The plugin that was at work last, and when: "step size 'x', at iteration 10". Empty if none was.
  std::string asked() const { return asked_->text(); }
  /// How it ended, in words: "SIGSEGV in worker", "the worker ended by itself with code 3"; with the plugin that was at
  /// work and the last line that was printed, if any.
  std::string exit_description() const;
  bool ran_short() const;   // a limit or a lack of something ended it before it could say anything
  bool was_killed() const;  // by SIGKILL, be it ours or the system's
  const std::string& last_line() const { return last_line_; }  // that it printed
  double silent_seconds() const;                               // since the last report

 private:
  struct Unmap {
    void operator()(Asked* shared) const;
  };

  int pid_ = 0, status_ = 0;
  Descriptor reports_, output_;
  std::unique_ptr<Asked, Unmap> asked_;
  std::string buffer_, unfinished_line_, last_line_;
  std::size_t batch_ = 0;  // that prints
  bool spoke_ = false;     // at least one report has come in
  std::chrono::steady_clock::time_point heard_ = std::chrono::steady_clock::now();
};

}  // namespace tightrope
