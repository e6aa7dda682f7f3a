// tightrope watch: how far a run in another terminal is; looks on and changes nothing.
#include <chrono>
#include <iostream>
#include <thread>

#include "core/cli/output/progress.hpp"
#include "core/cli/verb.hpp"
#include "core/study/status.hpp"

namespace tightrope::cli {

namespace {

Exit watch(const Call& call) {
  const std::filesystem::path out = call.positional[0];
  Status status = read_status(out);
  Progress progress(status.name, call.quiet);
  while (status.running && !call.has("once")) {
    progress.show(status.progress);
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    status = read_status(out);
  }
  progress.finish();
  if (!status.running) {
    // Nothing moves any more: neither a rate nor an end can be told.
    status.progress.running = 0;
    status.progress.seconds = 0;
  }
  std::cout << status.name << (status.running ? ": running: " : ": not running: ") << describe(status.progress);
  if (!status.running && status.progress.ended() < status.progress.total)
    std::cout << "; the same `tightrope run` goes on from there";
  std::cout << "\n";
  return Exit::ok;
}

}  // namespace

Verb watch_verb() {
  return {"watch",
          "DIR",
          "show how far a running study is, from another terminal",
          "Reads DIR/status.json and changes nothing. Ends when the run does.",
          [](po::options_description& options) { options.add_options()("once", "say it once and end"); },
          {},
          1,
          1,
          watch};
}

}  // namespace tightrope::cli
