// Cells over worker processes.
//
// Cells that share an operator make a batch, whose lanes advance together in one process. Batches go to `workers`
// processes at a time, several small ones to one process. Which cell runs where, and beside which others, never changes
// its result.
//
// A worker that crashes, exits, loops or takes too much memory costs only the guilty cell: the unfinished cells of its
// batch are run again, each in a process of its own, and only a cell that ends its process when it is alone there has
// failed.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/experiment/experiment.hpp"
#include "core/store/files/lock.hpp"
#include "core/store/run_folder.hpp"

namespace tightrope {

struct StudyOptions {
  std::filesystem::path out;
  std::vector<std::filesystem::path> plugin_folders;
  unsigned workers = 1, threads = 1;                    // threads of each worker
  bool lanes = true;                                    // false: each cell is a batch of its own
  bool solo() const { return workers == 1 && !lanes; }  // one cell at a time
  Real checkpoint_seconds = 5;
  std::optional<Real> cell_seconds;     // limits of a cell
  std::optional<std::uint64_t> memory;  // bytes
};

/// How far a study is.
struct StudyProgress {
  std::size_t total = 0, stored = 0, done = 0, failed = 0, skipped = 0, running = 0;
  double fraction = 0;  // of the cells that were not stored, with the parts that are done of those that run
  double seconds = 0;   // since the start
  std::size_t ended() const { return stored + done + failed + skipped; }
  /// Seconds that are left at the rate so far; none while nothing is known.
  std::optional<double> left() const;
};

struct StudyListener {
  std::function<void(const StudyProgress&)> progress = [](const StudyProgress&) {};  // at least ten times a second
  std::function<void(const std::string&)> warning = [](const std::string&) {};
  /// A line that a plugin printed, and the cells that were running.
  std::function<void(const std::string&, const std::string&)> printed = [](const auto&, const auto&) {};
};

struct StudyResult {
  std::vector<Missing> missing;  // cells without a result
  int signal = 0;                // that interrupted the study
  std::string detached_from;     // the job of Slurm that goes on all the same; "" if there is none
  std::size_t handed_out = 0;    // tasks that somebody has to start by hand now
};

/// Runs what is not stored yet. When a signal has been caught (core/study/interrupt.hpp) the workers write checkpoints
/// and end. `lock` is that of the folder, null for one of many processes that share it. Throws Error for what no cell
/// is to blame for: a full disk, a damaged store, a config that is wrong.
StudyResult run_study(const Experiment& experiment, const StudyOptions& options, const Lock* lock,
                      const StudyListener& listener);

}  // namespace tightrope
