#include "core/study/scheduler.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <map>
#include <set>

#include "core/base/limits.hpp"
#include "core/experiment/operator_key.hpp"
#include "core/store/cells/checkpoint.hpp"
#include "core/store/cells/printed.hpp"
#include "core/study/interrupt.hpp"
#include "core/study/workers/process.hpp"

namespace tightrope {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_lanes = 32;           // of a batch
constexpr std::size_t most_cells_of_a_job = 64;  // so that little is waiting behind a cell that ends its process

class Scheduler {
 public:
  Scheduler(const Experiment& experiment, const StudyOptions& options, const Lock& lock, const StudyListener& listener)
      : experiment_(experiment), options_(options), lock_(lock), listener_(listener), state_(experiment.cells.size()) {}

  StudyResult run() {
    queue();
    bool stopping = false;
    publish_progress();
    while (!running_.empty() || (!waiting_.empty() && !stopping)) {
      if (!stopping && (interrupted() != 0 || fatal_)) {
        stopping = true;
        for (const Running& worker : running_) worker.process->ask_to_stop();
        continue;
      }
      while (!stopping && !waiting_.empty() && running_.size() < workers_) start();
      wait();
      for (auto worker = running_.begin(); worker != running_.end();) {
        // Asked first: whatever it has said by then can be read.
        const bool ended = worker->process->has_ended();
        for (const Report& report : worker->process->read()) on_message(*worker, report);
        for (const Process::Printed& printed : worker->process->printed())
          if (printed.batch < worker->work.batches.size()) {
            const CellIndices& batch = worker->work.batches[printed.batch];
            for (const std::size_t i : batch) keep_printed(options_.out, experiment_.cells[i], printed.line);
            listener_.printed(names_of(batch), printed.line);
          }
        watch(*worker);
        if (ended) on_worker_exit(*worker);
        worker = ended ? running_.erase(worker) : worker + 1;
      }
      publish_progress();
    }
    if (fatal_) throw *fatal_;
    StudyResult result;
    result.signal = interrupted();
    for (std::size_t i = 0; i < state_.size(); ++i) {
      const State& state = state_[first_with_key_.at(folder_name(experiment_.cells[i]))];
      if (state.kind == Kind::stored || state.kind == Kind::done) continue;
      const Missing::Kind kind = state.kind == Kind::failed    ? Missing::Kind::failed
                                 : state.kind == Kind::skipped ? Missing::Kind::skipped
                                                               : Missing::Kind::unfinished;
      result.missing.push_back({kind, experiment_.cells[i].labels, experiment_.cells[i].key, state.reason});
    }
    return result;
  }

 private:
  enum class Kind { waiting, stored, done, failed, skipped };
  struct State {
    Kind kind = Kind::waiting;
    std::string reason;
  };
  /// The batches of one process.
  struct Work {
    std::vector<CellIndices> batches;
    bool alone() const { return batches.size() == 1 && batches.front().size() == 1; }
  };
  struct Running {
    std::unique_ptr<Process> process;
    Work work;
    double fraction = 0;      // of the present batch
    std::string broken = "";  // why it cannot go on, in its own words or ours
    bool short_of_memory = false;
  };

  /// Cells that are not stored, in batches of those that share an operator.
  void queue() {
    const CellStore shelf(options_.out);
    std::map<std::string, std::size_t> group_of;
    std::vector<CellIndices> groups;
    for (std::size_t i = 0; i < experiment_.cells.size(); ++i) {
      const CellSpec& cell = experiment_.cells[i];
      if (!first_with_key_.emplace(folder_name(cell), i).second) continue;  // two labels for one cell
      ++progress_.total;
      if (shelf.has(cell)) {
        state_[i].kind = Kind::stored;
        ++progress_.stored;
        remove_checkpoint(options_.out, cell);  // whoever stored it may have died before that
        continue;
      }
      remove_failure(options_.out, cell);
      if (!has_checkpoint(options_.out, cell)) remove_printed(options_.out, cell);
      const auto [group, fresh] =
          group_of.emplace(options_.lanes ? operator_key(cell) : folder_name(cell), groups.size());
      if (fresh) groups.emplace_back();
      groups[group->second].push_back(i);
    }
    for (const CellIndices& group : groups) {
      // Where there are few groups, each is divided, so that all workers have something to do.
      const std::size_t wanted = groups.size() >= 2 * options_.workers ? 1 : options_.workers;
      const std::size_t parts = std::min(group.size(), std::max(wanted, (group.size() + most_lanes - 1) / most_lanes));
      for (std::size_t part = 0; part < parts; ++part)
        waiting_.emplace_back(group.begin() + static_cast<long>(part_begin(group.size(), parts, part)),
                              group.begin() + static_cast<long>(part_begin(group.size(), parts, part + 1)));
    }
  }

  /// "gd, 1", or "gd, 1 and 7 more".
  std::string names_of(const CellIndices& batch) const {
    const std::string name = values_in_words(experiment_.cells[batch.front()].labels);
    return batch.size() == 1 ? name : fmt::format("{} and {} more", name, batch.size() - 1);
  }

  bool is_open(std::size_t cell) const { return state_[cell].kind == Kind::waiting; }

  /// Gives a new process its share of what is waiting: less and less, so that all end at about the same time.
  void start() {
    std::size_t cells = 0;
    for (const CellIndices& batch : waiting_) cells += batch.size();
    const std::size_t share = std::min(most_cells_of_a_job, cells / (3 * std::size_t{options_.workers}) + 1);
    Work work;
    std::size_t taken = 0;
    do {
      const bool by_itself = waiting_.front().size() == 1 && retry_alone_.count(waiting_.front().front()) > 0;
      if (by_itself && !work.batches.empty()) break;
      work.batches.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      taken += work.batches.back().size();
      if (by_itself) break;
    } while (!waiting_.empty() && taken + waiting_.front().size() <= share);

    Job job;
    job.out = options_.out;
    job.name = experiment_.name;
    job.plugin_folders = options_.plugin_folders;
    job.threads = options_.threads;
    job.checkpoint_seconds = options_.checkpoint_seconds;
    job.cell_seconds = options_.cell_seconds;
    job.memory = options_.memory;
    job.parent = getpid();
    job.solo = options_.solo();
    for (const CellIndices& batch : work.batches) {
      auto& cells_of_batch = job.batches.emplace_back();
      for (const std::size_t i : batch)
        cells_of_batch.push_back(
            {i, experiment_.cells[i].key, experiment_.cells[i].labels, experiment_.cells[i].resolved});
    }
    try {
      running_.push_back({std::make_unique<Process>(job, lock_.descriptor()), std::move(work)});
    } catch (const Error& error) {
      if (running_.empty()) throw;
      do_with_fewer();
      waiting_.insert(waiting_.begin(), work.batches.begin(), work.batches.end());
    }
  }

  /// A limit does not allow as many workers as there should be.
  void do_with_fewer() { workers_ = std::max<std::size_t>(1, std::min(workers_ - 1, running_.size())); }

  void wait() const {
    std::vector<pollfd> descriptors;
    for (const Running& worker : running_) {
      descriptors.push_back({worker.process->reports(), POLLIN, 0});
      descriptors.push_back({worker.process->output(), POLLIN, 0});
    }
    poll(descriptors.data(), descriptors.size(), 50);
  }

  void on_message(Running& worker, const Report& report) {
    const auto settle = [&](Kind kind, std::size_t& counter) {
      if (report.cell >= state_.size() || !is_open(report.cell)) return;
      state_[report.cell] = {kind, report.text};
      ++counter;
    };
    switch (report.kind) {
      case Report::Kind::round:
        worker.fraction = report.fraction;
        break;
      case Report::Kind::done:
        settle(Kind::done, progress_.done);
        break;
      case Report::Kind::skipped:
        settle(Kind::skipped, progress_.skipped);
        break;
      case Report::Kind::failed:
        settle(Kind::failed, progress_.failed);
        write_failure(options_.out, experiment_.cells[report.cell], report.text);
        break;
      case Report::Kind::warning:
        listener_.warning(report.text);
        break;
      case Report::Kind::broken:
        worker.broken = report.text;
        worker.short_of_memory = report.code == Exit::resources;
        break;
      case Report::Kind::error:
        if (!fatal_) fatal_.emplace(report.code, report.text);
        break;
    }
  }

  /// A worker that says nothing for as long as a cell may compute will not say anything any more.
  void watch(Running& worker) const {
    if (!options_.cell_seconds || worker.process->silent_seconds() < *options_.cell_seconds + 1) return;
    if (worker.broken.empty()) {
      worker.broken = fmt::format("it made no progress for longer than the limit of {:g} s", *options_.cell_seconds);
      if (const std::string who = worker.process->asked(); !who.empty()) worker.broken += " (" + who + ")";
    }
    worker.process->kill();
  }

  /// The cells of a batch that have no result, not even one that the worker could not speak of any more.
  CellIndices unfinished(const CellIndices& batch) {
    CellIndices open;
    std::copy_if(batch.begin(), batch.end(), std::back_inserter(open), [this](std::size_t i) { return is_open(i); });
    if (open.empty()) return open;
    const CellStore shelf(options_.out);
    std::erase_if(open, [&](std::size_t i) {
      if (!shelf.has(experiment_.cells[i])) return false;
      state_[i].kind = Kind::done;
      ++progress_.done;
      remove_checkpoint(options_.out, experiment_.cells[i]);
      return true;
    });
    return open;
  }

  /// Whether a worker ended because something is short, for which no cell is to blame; then there are fewer workers
  /// from now on. The only one that runs a single batch cannot be helped.
  bool ran_short(const Running& worker) {
    std::string why;
    if (worker.process->ran_short()) why = worker.process->last_line();
    if (worker.short_of_memory) why = worker.broken;
    if (worker.process->was_killed() && worker.broken.empty() && memory_kills() > memory_kills_) {
      memory_kills_ = memory_kills();
      why = "a worker was ended by the system for want of memory: " + memory_limit().text();
    }
    if (why.empty()) return false;
    const bool was_alone = running_.size() == 1;
    if (was_alone && worker.work.alone() && !fatal_) fatal_.emplace(Exit::resources, why);
    if (worker.process->ran_short() && was_alone && !fatal_) fatal_.emplace(Exit::resources, why);
    do_with_fewer();
    return true;
  }

  /// What is to be done with the cells that an ended worker has left unfinished, whatever it ended of.
  void on_worker_exit(const Running& worker) {
    const bool short_of_something = ran_short(worker);
    bool blamed = false;
    for (const CellIndices& batch : worker.work.batches) {
      CellIndices open = unfinished(batch);
      if (open.empty() || fatal_ || interrupted() != 0) continue;
      if (blamed || worker.process->ran_short()) {
        waiting_.push_back(std::move(open));  // it had not come to these
        continue;
      }
      blamed = true;
      // Whoever dies alone is to blame; but the first time it may have been somebody's kill -9.
      const bool has_died_before = retry_alone_.contains(open.front());
      if (worker.work.alone() && !short_of_something && (has_died_before || !worker.broken.empty())) {
        const std::size_t i = open.front();
        state_[i] = {Kind::failed, worker.broken.empty() ? worker.process->exit_description() : worker.broken};
        ++progress_.failed;
        write_failure(options_.out, experiment_.cells[i], state_[i].reason);
      } else {
        for (const std::size_t i : open) {
          retry_alone_.insert(i);
          waiting_.push_back({i});
        }
      }
    }
  }

  void publish_progress() {
    double part = 0;
    progress_.running = 0;
    for (const Running& worker : running_)
      for (const CellIndices& batch : worker.work.batches) {
        const auto open = std::count_if(batch.begin(), batch.end(), [&](std::size_t i) { return is_open(i); });
        if (open == 0) continue;
        progress_.running += static_cast<std::size_t>(open);
        part += std::min(worker.fraction * static_cast<double>(batch.size()), static_cast<double>(open));
        break;  // the batches after the first open one have not begun
      }
    const double all = static_cast<double>(progress_.total - progress_.stored);
    const double ended = static_cast<double>(progress_.done + progress_.failed + progress_.skipped);
    progress_.fraction = all > 0 ? std::min(1.0, (ended + part) / all) : 1;
    progress_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    listener_.progress(progress_);
  }

  const Experiment& experiment_;
  const StudyOptions& options_;
  const Lock& lock_;
  const StudyListener& listener_;
  std::vector<State> state_;                           // per cell; of cells that are the same, the first one's counts
  std::map<std::string, std::size_t> first_with_key_;  // folder → the first cell that goes there
  std::deque<CellIndices> waiting_;
  std::set<std::size_t> retry_alone_;  // cells that were there when a worker ended early
  std::vector<Running> running_;
  std::size_t workers_ = options_.workers;  // at a time, at the most
  std::uint64_t memory_kills_ = memory_kills();
  std::optional<Error> fatal_;
  StudyProgress progress_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace

std::optional<double> StudyProgress::left() const {
  if (fraction <= 0 || seconds < 0.5) return std::nullopt;
  return seconds * (1 - fraction) / fraction;
}

StudyResult run_study(const Experiment& experiment, const StudyOptions& options, const Lock& lock,
                      const StudyListener& listener) {
  return Scheduler(experiment, options, lock, listener).run();
}

}  // namespace tightrope
