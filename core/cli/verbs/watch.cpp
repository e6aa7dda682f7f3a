// tightrope watch: how far a run in another terminal is; looks on and changes nothing.
#include <chrono>
#include <iostream>
#include <optional>
#include <thread>

#include "core/cli/output/progress.hpp"
#include "core/cli/verb.hpp"
#include "core/study/status.hpp"
#include "core/study/tasks/slurm.hpp"

namespace tightrope::cli {

namespace {

Exit watch(const Call& call) {
  const std::filesystem::path out = call.positional[0];
  Status status = read_status(out);
  Progress progress(status.name, call.quiet);
  std::optional<Queue> queue;
  const auto is_running = [&] {
    if (status.running || status.job.empty()) return status.running;
    if (!queue) queue.emplace(status.job);
    return status.progress.ended() < status.progress.total && queue->may_hold_job();
  };
  bool running = is_running();
  while (running && !call.has("once")) {
    progress.show(status.progress);
    std::this_thread::sleep_for(std::chrono::milliseconds(status.running ? 250 : 2000));
    status = read_status(out);
    running = is_running();
  }
  progress.finish();
  if (!running) {
    // Nothing moves any more: neither a rate nor an end can be told.
    status.progress.running = 0;
    status.progress.seconds = 0;
  }
  std::cout << status.name << (running ? ": running: " : ": not running: ") << describe(status.progress);
  if (running && !status.running) std::cout << "; Slurm job " << status.job;
  if (!running && status.progress.ended() < status.progress.total)
    std::cout << "; the same `tightrope run` goes on from there";
  else if (!running && !status.job.empty())
    std::cout << "; the same `tightrope run` makes the report";
  std::cout << "\n";
  return Exit::ok;
}

}  // namespace

Verb watch_verb() {
  return {
      "watch",
      "DIR",
      "show how far a running study is, from another terminal",
      "Reads DIR/status.json and changes nothing. Ends when the run does, or the job of Slurm that it has left behind.",
      [](po::options_description& options) { options.add_options()("once", "say it once and end"); },
      {},
      1,
      1,
      watch};
}

}  // namespace tightrope::cli
