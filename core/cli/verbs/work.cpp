// tightrope work: what is missing of one batch of a study that was handed out by `run --on`.
#include <fmt/format.h>

#include <csignal>
#include <iostream>

#include "core/base/limits.hpp"
#include "core/cli/output/progress.hpp"
#include "core/cli/verb.hpp"
#include "core/study/interrupt.hpp"
#include "core/study/tasks/slurm.hpp"
#include "core/study/tasks/task.hpp"
#include "core/study/workers/workers.hpp"

namespace tightrope::cli {

namespace {

/// Where a cell without a result stands in the task.
std::size_t place_of(const Missing& missing, const Experiment& experiment) {
  const auto cell = std::ranges::find_if(
      experiment.cells, [&](const CellSpec& own) { return own.key == missing.key && own.labels == missing.labels; });
  return static_cast<std::size_t>(cell - experiment.cells.begin());
}

StudyResult run_task(const Call& call, const Task& task, const fs::path& out, std::size_t index, TaskEnd& end) {
  fs::current_path(task.folder);
  const Catalog catalog(task.job.plugin_folders);
  const Experiment experiment = experiment_of(task.job, task.job.batches.front(), catalog);
  const std::string title = fmt::format("{}, batch {}", experiment.name, index);
  Progress line(title, call.quiet);
  StudyListener listener;
  listener.progress = [&](const StudyProgress& progress) { line.show(progress); };
  listener.warning = [&](const std::string& text) {
    line.finish();
    std::cerr << "tightrope: warning: " << text << "\n";
  };
  listener.printed = [&](const std::string& whose, const std::string& text) {
    line.finish();
    std::cerr << "[" << whose << "] " << text << "\n";
  };
  StudyOptions options;
  options.out = out;
  options.plugin_folders = task.job.plugin_folders;
  options.workers = task.lanes ? job_count(call, default_threads()) : 1;
  options.lanes = task.lanes;
  options.checkpoint_seconds = task.job.checkpoint_seconds;
  options.cell_seconds = task.job.cell_seconds;
  options.memory = task.job.memory;
  const unsigned cores = job_count(call, default_threads());
  std::vector<const CellSpec*> open;
  const CellStore shelf(out);
  for (const CellSpec& cell : experiment.cells)
    if (!shelf.has(cell)) open.push_back(&cell);
  const Workforce force = workforce(open, options, false, cores, std::make_shared<const Team>(cores));
  options.workers = force.workers;
  options.threads = std::max(1U, cores / force.workers);
  const StudyResult result = run_study(experiment, options, nullptr, listener);
  line.finish();
  for (const Missing& missing : result.missing)
    if (missing.kind != Missing::Kind::unfinished)
      end.cells.push_back({place_of(missing, experiment), missing.kind, missing.reason});
  if (!call.quiet)
    std::cout << fmt::format("{}: {} of {} runs have a result", title, experiment.cells.size() - result.missing.size(),
                             experiment.cells.size())
              << (result.signal != 0 ? "; the others keep their checkpoints" : "") << "\n";
  return result;
}

Exit work(const Call& call) {
  catch_interrupts();
  const fs::path out = fs::absolute(call.positional[0]);
  if (!call.has("batch")) throw Error(Exit::config, "work needs --batch N; see 'tightrope work -h'");
  const std::string text = call.text("batch");
  const auto index = to_index(Node::make_scalar(text, {}));
  if (!index) throw Error(Exit::config, fmt::format("--batch must be a whole number, but it is '{}'", text));
  job_count(call, 1);  // complains before anything is done
  const Task task = read_task(out, *index);
  remove_end(out, *index);
  TaskEnd end;
  StudyResult result;
  try {
    result = run_task(call, task, out, *index, end);
  } catch (const Error& error) {
    end.error.emplace(error);
    write_end(out, *index, end);
    throw;
  }
  end.stopped = result.signal != 0;
  if (result.signal == SIGUSR1) {
    if (const std::string why = requeue_this_task(); !why.empty())
      std::cerr << "tightrope: warning: this task could not be put back into the queue: " << why << "\n";
  } else {
    write_end(out, *index, end);
  }
  if (end.stopped) return static_cast<Exit>(128 + result.signal);
  return std::ranges::any_of(end.cells, [](const auto& cell) { return cell.kind == Missing::Kind::failed; })
             ? Exit::claim_false
             : Exit::ok;
}

}  // namespace

Verb work_verb() {
  return {"work",
          "DIR",
          "run what is missing of one batch of a study that was handed out",
          "`tightrope run --on slurm` and `--on files` write batches into DIR/batches. This runs one of them, on any\n"
          "machine that sees DIR, the data and the plugins at the same places, and beside any others: nothing is\n"
          "locked, and what another process has stored meanwhile is compared. USR1 and TERM end it with checkpoints,\n"
          "from which the same command goes on; after USR1 a task of Slurm goes back into the queue by itself.\n"
          "\n"
          "Exit codes: 0 all have a result, 1 a run failed, 4 a stored result differs, 128+n ended by signal n.",
          [](po::options_description& options) {
            options.add_options()("batch", text("N"), "which of them, from 0");
            options.add_options()("jobs,j", text("N"), "cores to use (default: all)");
          },
          {},
          1,
          1,
          work};
}

}  // namespace tightrope::cli
