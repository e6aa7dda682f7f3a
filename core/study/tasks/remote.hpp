// A study whose cells other processes run: the tasks of an array of Slurm, or commands that somebody starts by hand.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/study/scheduler.hpp"

namespace tightrope {

struct RemoteOptions {
  StudyOptions study;
  std::optional<Real> length;  // seconds of a task
  unsigned at_a_time = 10;     // tasks that may run together
  std::string sbatch;          // options of sbatch
};

/// Hands out what is missing as an array of Slurm and waits for it; goes on with the job that is at work there, if
/// there is one. What a job leaves unfinished is handed out again as long as every job finishes something and nobody
/// cancels it. When a signal has been caught it returns at once, and the job goes on. Throws Error(locked) if the job
/// at work there has other cells, Error(resources) if Slurm is not there or refuses the job, and what ended a task
/// early.
StudyResult run_on_slurm(const Experiment& experiment, const RemoteOptions& options, const StudyListener& listener);

/// Writes tasks for what is missing; `handed_out` of the result says how many.
StudyResult write_batches(const Experiment& experiment, const RemoteOptions& options);

/// Whether tasks have been handed out there whose results nobody has collected.
bool has_tasks(const std::filesystem::path& out);
/// Whether anybody may be at work on them. Throws Error(locked) if it is a job of Slurm
/// that is known to be in the queue.
bool may_be_at_work(const std::filesystem::path& out);

}  // namespace tightrope
