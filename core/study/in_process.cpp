#include "core/study/in_process.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "core/base/failure.hpp"
#include "core/experiment/operator_key.hpp"
#include "core/numbers/ranks.hpp"
#include "core/store/cell.hpp"
#include "core/store/unfinished.hpp"
#include "core/study/batch.hpp"
#include "core/study/interrupt.hpp"

namespace tightrope {

namespace {

using Clock = std::chrono::steady_clock;
using Cells = std::vector<std::size_t>;  // by their indices in the study

constexpr std::size_t most_lanes = 32;  // of a batch

class Study {
 public:
  Study(const Experiment& experiment, const StudyOptions& options, const std::shared_ptr<const Team>& team,
        const StudyListener& listener)
      : experiment_(experiment),
        options_(options),
        team_(team),
        listener_(listener),
        missing_(experiment.cells.size()) {}

  StudyResult run() {
    const std::vector<Cells> batches = waiting();
    tell({});
    for (const Cells& batch : batches)
      if (interrupted() == 0) run_batch_or_each(batch);
    StudyResult result;
    result.signal = interrupted();
    for (std::size_t i = 0; i < missing_.size(); ++i)
      if (const auto& missing = missing_[first_of_its_name_[i]]) {
        const CellSpec& cell = experiment_.cells[i];
        result.missing.push_back({missing->kind, cell.labels, cell.key, missing->reason});
      }
    return result;
  }

 private:
  struct Why {
    Missing::Kind kind;
    std::string reason;
  };

  std::vector<Cells> waiting() {
    const CellStore shelf(options_.out);
    std::map<std::string, std::size_t> names;
    std::map<std::string, Cells> groups;
    std::vector<std::string> order;
    for (std::size_t i = 0; i < experiment_.cells.size(); ++i) {
      const CellSpec& cell = experiment_.cells[i];
      const std::size_t first = names.emplace(folder_name(cell), i).first->second;
      first_of_its_name_.push_back(first);
      if (first != i) continue;
      ++progress_.total;
      if (shelf.has(cell)) {
        remove_checkpoint(options_.out, cell);
        ++progress_.stored;
        continue;
      }
      missing_[i] = Why{Missing::Kind::unfinished, ""};
      Cells& group = groups[operator_key(cell)];
      if (group.empty()) order.push_back(operator_key(cell));
      group.push_back(i);
    }
    std::vector<Cells> batches;
    for (const std::string& name : order) {
      const Cells& group = groups.at(name);
      const std::size_t size = options_.lanes ? most_lanes : 1;
      for (std::size_t begin = 0; begin < group.size(); begin += size)
        batches.emplace_back(group.begin() + static_cast<long>(begin),
                             group.begin() + static_cast<long>(std::min(group.size(), begin + size)));
    }
    return batches;
  }

  /// Where a plugin throws that concerns one cell: those that are still without result are run one by one.
  void run_batch_or_each(const Cells& batch) {
    try {
      run_one(batch);
    } catch (...) {
      const Error error = current_failure();
      const bool of_a_cell = error.code() == Exit::plugin || error.code() == internal_fault;
      if (!of_a_cell || (team_->ranks() && team_->ranks()->are_out_of_step())) throw;
      if (batch.size() == 1) {
        missing_[batch.front()] = Why{Missing::Kind::failed, error.what()};
        ++progress_.failed;
        return;
      }
      for (const std::size_t i : batch)
        if (missing_[i] && missing_[i]->kind == Missing::Kind::unfinished && interrupted() == 0) run_batch_or_each({i});
    }
  }

  void run_one(const Cells& batch) {
    Experiment part;
    part.name = experiment_.name;
    part.is_study = true;
    for (const std::size_t i : batch) part.cells.push_back(experiment_.cells[i]);
    BatchListener listener;
    listener.stop = [] { return interrupted() != 0; };
    listener.warning = listener_.warning;
    listener.round = [&](const auto& lanes) { tell(lanes); };
    listener.done = [&](std::size_t i) {
      missing_[batch[i]].reset();
      ++progress_.done;
    };
    listener.skipped = [&](std::size_t i, const std::string& reason) {
      missing_[batch[i]] = Why{Missing::Kind::skipped, reason};
      ++progress_.skipped;
    };
    listener.failed = [&](std::size_t i, const std::string& reason) {
      missing_[batch[i]] = Why{Missing::Kind::failed, reason};
      ++progress_.failed;
    };
    progress_.running = batch.size();
    run_batch(part, team_, {options_.out, options_.checkpoint_seconds, options_.cell_seconds}, listener);
    progress_.running = 0;
    tell({});
  }

  void tell(const std::vector<std::unique_ptr<Lane>>& lanes) {
    double running = 0;
    for (const auto& lane : lanes)
      if (const auto limit = lane->setup().stop.iterations; !lane->end() && limit && *limit > 0)
        running += static_cast<double>(lane->iterate().iteration) / static_cast<double>(*limit);
    const std::size_t open = progress_.total - progress_.stored;
    const auto ended = static_cast<double>(progress_.ended() - progress_.stored);
    progress_.fraction = open == 0 ? 1 : (ended + running) / static_cast<double>(open);
    progress_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    listener_.progress(progress_);
  }

  const Experiment& experiment_;
  const StudyOptions& options_;
  const std::shared_ptr<const Team>& team_;
  const StudyListener& listener_;
  std::vector<std::optional<Why>> missing_;  // per cell
  std::vector<std::size_t> first_of_its_name_;
  StudyProgress progress_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace

StudyResult run_study_in_process(const Experiment& experiment, const StudyOptions& options,
                                 const std::shared_ptr<const Team>& team, const StudyListener& listener) {
  return Study(experiment, options, team, listener).run();
}

}  // namespace tightrope
