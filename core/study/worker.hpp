// The other end of the scheduler: a process that runs the batches of one job and reports.
#pragma once

namespace tightrope {

// What the scheduler puts where in a worker, besides the job on standard input.
constexpr int worker_reports = 3;  // file descriptor of the reports
constexpr int worker_lock = 4;     // the run folder's lock, held as long as any worker is there

/// The whole life of a worker process; returns its exit code. It dies with the process that started it.
int run_worker();

}  // namespace tightrope
