#include "core/study/tasks/remote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "core/base/text/readable.hpp"
#include "core/store/cells/checkpoint.hpp"
#include "core/study/interrupt.hpp"
#include "core/study/predict.hpp"
#include "core/study/tasks/slurm.hpp"
#include "core/study/tasks/task.hpp"

namespace tightrope {

namespace {

using Clock = std::chrono::steady_clock;

constexpr Real most_trial_seconds = 10;

class Remote {
 public:
  Remote(const Experiment& experiment, const RemoteOptions& options, const StudyListener& listener)
      : experiment_(experiment), options_(options), listener_(listener), out_(options.study.out) {
    const CellStore shelf(out_);
    for (std::size_t i = 0; i < experiment_.cells.size(); ++i) {
      const CellSpec& cell = experiment_.cells[i];
      if (!first_.emplace(folder_name(cell), i).second) continue;  // two labels for one cell
      ++progress_.total;
      if (!shelf.has(cell)) {
        states_[i];
        continue;
      }
      ++progress_.stored;
      remove_checkpoint(out_, cell);  // whoever stored it may have died before that
    }
  }

  StudyResult on_slurm() {
    require_slurm();
    take_up_last();
    if (!handed_.settled && !handed_.job.empty()) {
      if (Queue(handed_.job).may_hold_job()) refuse_other_cells();
      follow();
    }
    for (bool go_on = true; go_on && interrupted() == 0 && !open().empty();) {
      const std::size_t before = open().size();
      hand_out();
      handed_.job = submit({experiment_.name, out_, handed_.tasks.size(), options_.at_a_time, options_.sbatch});
      write_handed_out(out_, handed_);
      follow();
      go_on = open().size() < before && !was_stopped_;
    }
    if (interrupted() == 0) settle();
    return result();
  }

  StudyResult by_hand() {
    take_up_last();
    if (!handed_.settled) collect();
    const bool is_new = !open().empty();
    if (is_new)
      hand_out();
    else
      settle();
    StudyResult all = result();
    if (is_new) all.handed_out = handed_.tasks.size();
    return all;
  }

 private:
  struct State {
    enum class Kind { open, done, failed, skipped } kind = Kind::open;
    std::string reason = {};
  };

  CellIndices open() const {
    CellIndices cells;
    for (const auto& [i, state] : states_)
      if (state.kind == State::Kind::open) cells.push_back(i);
    return cells;
  }

  void hand_out() {
    const CellIndices cells = open();
    for (const std::size_t i : cells) remove_failure(out_, experiment_.cells[i]);
    const bool lanes = options_.study.lanes;
    const auto seconds = predicted_seconds(experiment_, cells, lanes, most_trial_seconds);
    write_tasks(out_, experiment_, packed(experiment_, cells, seconds, lanes, options_.length), options_.study);
    handed_ = *read_handed_out(out_);
    ended_.clear();
  }

  /// What was handed out last. Once that is settled, cells that failed are tried again, but parts that did not fit
  /// together do not fit now.
  void take_up_last() {
    if (auto last = read_handed_out(out_)) handed_ = std::move(*last);
    for (std::size_t task = 0; handed_.settled && task < handed_.tasks.size(); ++task)
      if (const auto end = read_end(out_, task))
        for (const TaskEnd::Cell& cell : end->cells)
          if (cell.kind == Missing::Kind::skipped) note(task, cell);
  }

  /// The job at work there is ours only if it does all that is to be done.
  void refuse_other_cells() const {
    std::set<std::string> theirs;
    for (const auto& task : handed_.tasks) theirs.insert(task.begin(), task.end());
    for (const std::size_t i : open())
      if (!theirs.contains(folder_name(experiment_.cells[i])))
        throw Error(Exit::locked,
                    fmt::format("{} is in use by Slurm job {}, which runs other cells than these; wait for it to end, "
                                "cancel it (scancel {}), or choose another folder with --out",
                                out_.string(), handed_.job, handed_.job));
  }

  /// Until all tasks have ended, the job has left the queue, or a signal comes.
  void follow() {
    Queue queue(handed_.job);
    auto pause = std::chrono::milliseconds(100);
    while (interrupted() == 0) {
      collect();
      count_running(queue.look());
      publish_progress();
      if (ended_.size() == handed_.tasks.size()) break;
      if (!queue.may_hold_job()) {
        collect();  // what came since
        break;
      }
      std::this_thread::sleep_for(pause);  // a signal ends it
      pause = std::min(pause * 5 / 4, std::chrono::milliseconds(3000));
    }
  }

  /// Sees what has ended.
  void collect() {
    const CellStore shelf(out_);
    for (auto& [i, state] : states_)
      if (state.kind == State::Kind::open && shelf.has(experiment_.cells[i])) {
        state.kind = State::Kind::done;
        ++progress_.done;
        remove_checkpoint(out_, experiment_.cells[i]);
      }
    was_stopped_ = false;
    for (std::size_t task = 0; task < handed_.tasks.size(); ++task) {
      if (ended_.contains(task)) continue;
      const auto end = read_end(out_, task);
      if (!end) continue;
      was_stopped_ = was_stopped_ || end->stopped;
      if (end->stopped) continue;
      ended_.insert(task);
      if (end->error && !error_)
        error_.emplace(end->error->code(), fmt::format("batch {}: {}", task, end->error->what()));
      for (const TaskEnd::Cell& cell : end->cells) note(task, cell);
    }
  }

  /// The state of a cell that was handed out, if it is ours and open.
  State* open_state(const std::string& folder) {
    const auto own = first_.find(folder);
    const auto state = own == first_.end() ? states_.end() : states_.find(own->second);
    return state == states_.end() || state->second.kind != State::Kind::open ? nullptr : &state->second;
  }

  void note(std::size_t task, const TaskEnd::Cell& cell) {
    State* const state =
        cell.place < handed_.tasks[task].size() ? open_state(handed_.tasks[task][cell.place]) : nullptr;
    if (!state) return;
    const bool skipped = cell.kind == Missing::Kind::skipped;
    *state = {skipped ? State::Kind::skipped : State::Kind::failed, cell.reason};
    ++(skipped ? progress_.skipped : progress_.failed);
  }

  void count_running(const std::optional<Queued>& queued) {
    progress_.running = 0;
    if (!queued) return;
    for (const auto& [task, state] : *queued) {
      if (state != "RUNNING" || task >= handed_.tasks.size()) continue;
      for (const std::string& cell : handed_.tasks[task])
        if (open_state(cell)) ++progress_.running;
    }
  }

  void publish_progress() {
    const double all = static_cast<double>(states_.size());
    progress_.fraction = all > 0 ? 1 - static_cast<double>(open().size()) / all : 1;
    progress_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    listener_.progress(progress_);
  }

  /// Nobody is at work any more.
  void settle() {
    publish_progress();
    if (handed_.tasks.empty() || handed_.settled) return;
    handed_.settled = true;
    write_handed_out(out_, handed_);
    if (error_) throw *error_;
    if (const std::size_t left = open().size(); left > 0)
      throw Error(Exit::resources,
                  fmt::format("Slurm job {} has ended, and {} no result (see {}); the same command goes on from there",
                              handed_.job, left == 1 ? "1 run has" : grouped(left) + " runs have",
                              (out_ / "batches" / "*.log").string()));
  }

  StudyResult result() const {
    StudyResult result;
    result.signal = interrupted();
    if (result.signal != 0) result.detached_from = handed_.job;
    for (const CellSpec& cell : experiment_.cells) {
      const auto found = states_.find(first_.at(folder_name(cell)));
      if (found == states_.end() || found->second.kind == State::Kind::done) continue;
      const State& state = found->second;
      const Missing::Kind kind = state.kind == State::Kind::failed    ? Missing::Kind::failed
                                 : state.kind == State::Kind::skipped ? Missing::Kind::skipped
                                                                      : Missing::Kind::unfinished;
      result.missing.push_back({kind, cell.labels, cell.key, state.reason});
    }
    return result;
  }

  const Experiment& experiment_;
  const RemoteOptions& options_;
  const StudyListener& listener_;
  const std::filesystem::path out_;
  std::map<std::string, std::size_t> first_;  // folder → the first cell that goes there
  std::map<std::size_t, State> states_;       // of those that were not stored
  HandedOut handed_;
  std::set<std::size_t> ended_;  // tasks
  bool was_stopped_ = false;     // a task, by a signal, and it has not come back
  std::optional<Error> error_;
  StudyProgress progress_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace

StudyResult run_on_slurm(const Experiment& experiment, const RemoteOptions& options, const StudyListener& listener) {
  return Remote(experiment, options, listener).on_slurm();
}

StudyResult write_batches(const Experiment& experiment, const RemoteOptions& options) {
  return Remote(experiment, options, {}).by_hand();
}

bool has_tasks(const std::filesystem::path& out) {
  const auto handed = read_handed_out(out);
  return handed && !handed->settled;
}

bool may_be_at_work(const std::filesystem::path& out) {
  const auto handed = read_handed_out(out);
  if (!handed || handed->settled) return false;
  if (handed->job.empty()) return progress_of(out, *handed).open > 0;
  Queue queue(handed->job);
  const auto& queued = queue.look();
  if (queued && !queued->empty())
    throw Error(Exit::locked,
                fmt::format("{} is in use by Slurm job {}; `tightrope watch` shows how far it is, and the same command "
                            "with --on slurm ends it",
                            out.string(), handed->job));
  return !queued;
}

}  // namespace tightrope
