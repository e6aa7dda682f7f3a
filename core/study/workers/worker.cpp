#include "core/study/workers/worker.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <new>
#include <optional>

#include "core/base/limits.hpp"
#include "core/base/process/asked.hpp"
#include "core/base/process/failure.hpp"
#include "core/store/files/files.hpp"
#include "core/study/workers/job.hpp"

namespace tightrope {

namespace {

volatile sig_atomic_t asked_to_stop = 0, can_save = 0;

/// While cells are still being made there is nothing to save.
void on_stop(int number) {
  if (can_save == 0) _exit(128 + number);
  asked_to_stop = 1;
}

void settle_signals() {
  struct sigaction stop {};
  stop.sa_handler = on_stop;
  sigaction(SIGTERM, &stop, nullptr);
  signal(SIGINT, SIG_IGN);  // sent to all processes at once; the parent passes on what is meant
  signal(SIGHUP, SIG_IGN);
  signal(SIGUSR1, SIG_IGN);
}

/// Dies with the parent and leaves no core file.
void settle_end(const Job& job) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != job.parent) _exit(1);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
}

/// Takes no more memory than it may.
void settle_memory(const Job& job) {
  if (!job.memory) return;
  std::ifstream status("/proc/self/status");
  std::uint64_t used = 0;
  for (std::string word; status >> word;)
    if (word == "VmData:") {
      status >> used;
      break;
    }
  const rlimit data{used * 1024 + *job.memory, used * 1024 + *job.memory};
  setrlimit(RLIMIT_DATA, &data);
}

std::string read_all(int descriptor) {
  std::string text;
  char bytes[1 << 14];
  for (ssize_t got; (got = read(descriptor, bytes, sizeof bytes)) != 0;) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_at("the job of a worker", "read");
    text.append(bytes, static_cast<std::size_t>(got));
  }
  return text;
}

/// Parents read whole lines; one write per line keeps them whole.
void send(const Report& report) {
  const std::string line = encode(report) + "\n";
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t written = write(worker_reports, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(1);  // nobody listens any more
    done += static_cast<std::size_t>(written);
  }
}

/// The part of the work that is done, as far as budgets tell.
double fraction_of(const std::vector<std::unique_ptr<Lane>>& lanes) {
  double sum = 0;
  for (const auto& lane : lanes) {
    if (lane->end())
      sum += 1;
    else if (const auto limit = lane->setup().stop.iterations; limit && *limit > 0)
      sum += static_cast<double>(lane->iterate().iteration) / static_cast<double>(*limit);
  }
  return lanes.empty() ? 0 : sum / static_cast<double>(lanes.size());
}

class Worker {
 public:
  explicit Worker(const Job& job)
      : job_(job), catalog_(job.plugin_folders), team_(std::make_shared<const Team>(job.threads)) {}

  void run() {
    settle_memory(job_);  // threads and what BLAS maps for them belong to the bare program
    for (std::size_t i = 0; i < job_.batches.size() && asked_to_stop == 0; ++i) {
      std::printf("\n%c%zu\n", worker_batch, i);
      run_one(job_.batches[i]);
    }
  }

 private:
  void run_one(const std::vector<Job::Cell>& batch) {
    using Clock = std::chrono::steady_clock;
    can_save = 0;
    send({.kind = Report::Kind::round});
    const std::optional<Experiment> experiment = resolve(batch);
    if (!experiment) return;
    BatchListener listener;
    auto told = Clock::now();
    listener.round = [&](const auto& lanes) {
      can_save = 1;
      const auto now = Clock::now();
      if (now - told < std::chrono::milliseconds(200)) return;
      told = now;
      send({.kind = Report::Kind::round, .fraction = fraction_of(lanes)});
    };
    listener.done = [&](std::size_t i) { send({.kind = Report::Kind::done, .cell = batch[i].index}); };
    listener.skipped = [&](std::size_t i, const std::string& reason) {
      send({.kind = Report::Kind::skipped, .cell = batch[i].index, .text = reason});
    };
    listener.failed = [&](std::size_t i, const std::string& reason) {
      send({.kind = Report::Kind::failed, .cell = batch[i].index, .text = reason});
    };
    listener.warning = [](const std::string& text) { send({.kind = Report::Kind::warning, .text = text}); };
    listener.stop = [] { return asked_to_stop != 0; };
    run_batch(*experiment, team_, {job_.out, job_.checkpoint_seconds, job_.cell_seconds, job_.solo}, listener);
  }

  /// The parent has resolved the same cells before: what goes wrong here has changed since then, and stops them all.
  std::optional<Experiment> resolve(const std::vector<Job::Cell>& batch) const {
    try {
      return experiment_of(job_, batch, catalog_);
    } catch (const Error& error) {
      send({.kind = Report::Kind::error, .text = error.what(), .code = error.code()});
      return std::nullopt;
    }
  }

  const Job& job_;
  Catalog catalog_;
  std::shared_ptr<const Team> team_;
};

/// Notes and prints where the parent can read them when this process is no more.
void settle_outputs() {
  void* const shared = mmap(nullptr, sizeof(Asked), PROT_READ | PROT_WRITE, MAP_SHARED, worker_asked, 0);
  if (shared != MAP_FAILED) keep_asked_in(*static_cast<Asked*>(shared));
  setvbuf(stdout, nullptr, _IOLBF, 0);
}

}  // namespace

int run_worker() {
  settle_signals();
  settle_outputs();
  std::optional<Job> job;
  try {
    job = decode_job(read_all(STDIN_FILENO));
    settle_end(*job);
    Worker(*job).run();
    return 0;
  } catch (const std::bad_alloc&) {
    if (job && job->memory)
      send({.kind = Report::Kind::broken,
            .text = fmt::format("it needs more memory than the limit of {} MB", *job->memory / 1000000)});
    else
      send({.kind = Report::Kind::broken,
            .text = fmt::format("there is not enough memory for it: {}", memory_limit().text()),
            .code = Exit::resources});
  } catch (...) {
    // A plugin that throws, and a fault of ours, concern one cell; a full disk, a damaged file or a wrong config all.
    const Error error = current_failure();
    const bool own = error.code() == Exit::plugin || error.code() == internal_fault;
    send({.kind = own ? Report::Kind::broken : Report::Kind::error, .text = error.what(), .code = error.code()});
  }
  return 1;
}

}  // namespace tightrope
