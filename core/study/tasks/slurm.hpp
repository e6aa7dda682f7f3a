// The four commands of Slurm that a study needs: sbatch, squeue, scontrol requeue, and job.sh.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "core/numbers/types.hpp"

namespace tightrope {

/// Throws Error(resources) where Slurm's commands are not.
void require_slurm();

struct JobScript {
  std::string name;           // of the study
  std::filesystem::path out;  // its folder
  std::size_t tasks = 1;      // of the array
  unsigned at_a_time = 10;    // tasks that may run together
  std::string options;        // of sbatch, as on a #SBATCH line; "" for none
};
/// Writes OUT/batches/job.sh and submits it; returns the number of the job. Throws Error(resources) with what sbatch
/// said.
std::string submit(const JobScript& script);

/// The tasks of a job that are in the queue, each with its state ("RUNNING", "PENDING"), by their place in the array.
using Queued = std::map<std::size_t, std::string>;

/// Looks at the queue, seldom: the controller of a cluster has more to do.
class Queue {
 public:
  explicit Queue(std::string job) : job_(std::move(job)) {}
  /// What was seen last; null if the queue could not be asked so far. Asks again after two seconds, then ever more
  /// seldom down to once a minute.
  const std::optional<Queued>& look();
  /// False only if it is known that the job has left the queue.
  bool may_hold_job() { return !look() || !seen_->empty(); }

 private:
  std::string job_;
  std::optional<Queued> seen_;
  std::chrono::steady_clock::time_point next_{};
  Real pause_ = 2;  // seconds
};

/// In a task of Slurm: puts it back into the queue, to start again later. Returns what went wrong, nothing otherwise.
std::string requeue_this_task();

}  // namespace tightrope
