// A study in tasks: lists of cells that processes on any machine run, each list by itself, into one folder.
//
//   OUT/batches/batches.json  what was handed out last: the cells of every task, the job of the batch system
//   OUT/batches/I.task        what `tightrope work OUT --batch I` does
//   OUT/batches/I.json        how that ended
//   OUT/batches/job.sh  I.log for Slurm (core/study/tasks/slurm.hpp)
//
// Nobody locks anything there: each file has one writer, and all are published by rename and seen by opening them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/store/run_folder.hpp"
#include "core/study/lane_groups.hpp"
#include "core/study/scheduler.hpp"
#include "core/study/workers/job.hpp"

namespace tightrope {

/// Tasks of about `length` seconds: cells that share an operator stay together as far as they fit, others follow them
/// in the order of the study. `seconds` are those of each cell of `open`. Without a length there are about eight tasks,
/// of ten seconds at the least and a quarter of an hour at the most; there are never more than 1,000.
std::vector<CellIndices> packed(const Experiment& experiment, const CellIndices& open, const std::vector<Real>& seconds,
                                bool lanes, std::optional<Real> length);

struct Task {
  Job job;                       // its cells are one batch
  std::filesystem::path folder;  // where the relative paths of plugins and data begin
  bool lanes = true;
};

/// How a task ended.
struct TaskEnd {
  struct Cell {
    std::size_t place;  // in the task
    Missing::Kind kind;
    std::string reason;
  };
  std::vector<Cell> cells;     // that failed or were skipped
  std::optional<Error> error;  // what ended it early
  bool stopped = false;        // by a signal: it may be started again
};

struct HandedOut {
  std::string job;                              // of Slurm; "" if somebody starts the tasks by hand
  bool settled = false;                         // their results have been collected: nobody is at work any more
  std::vector<std::vector<std::string>> tasks;  // folders of their cells
};

/// Writes the tasks in the place of former ones.
void write_tasks(const std::filesystem::path& out, const Experiment& experiment, const std::vector<CellIndices>& tasks,
                 const StudyOptions& options);
void write_handed_out(const std::filesystem::path& out, const HandedOut& handed);
/// Null if nothing has been handed out. Throws Error(integrity).
std::optional<HandedOut> read_handed_out(const std::filesystem::path& out);
/// Throws Error(config) if there is no such task, Error(integrity) if it is damaged.
Task read_task(const std::filesystem::path& out, std::size_t index);
void write_end(const std::filesystem::path& out, std::size_t index, const TaskEnd& end);
void remove_end(const std::filesystem::path& out, std::size_t index);
/// Null as long as the task has not ended.
std::optional<TaskEnd> read_end(const std::filesystem::path& out, std::size_t index);

/// How far the tasks are that were handed out last.
struct TasksProgress {
  std::size_t open = 0, failed = 0, skipped = 0;  // cells
};
TasksProgress progress_of(const std::filesystem::path& out, const HandedOut& handed);

}  // namespace tightrope
