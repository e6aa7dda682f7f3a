// The other end of the scheduler: a process that runs the batches of one job and reports.
#pragma once

namespace tightrope {

// What the scheduler puts where in a worker, besides the job on standard input.
constexpr int worker_reports = 3;  // file descriptor of the reports
constexpr int worker_lock = 4;     // the run folder's lock, held as long as any worker is there
constexpr int worker_asked = 5;    // memory for its notes of which plugin is at work (Asked)
/// Begins a line of standard output that says which batch is next, by its place in the job, so that what plugins print
/// can be told apart. Nothing else that is printed begins with it.
constexpr char worker_batch = '\x1e';

/// The whole life of a worker process; returns its exit code. It dies with the process that started it.
int run_worker();

}  // namespace tightrope
