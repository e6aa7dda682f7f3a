#include "core/study/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/engine/engine.hpp"
#include "core/store/cells/cell.hpp"
#include "core/store/cells/checkpoint.hpp"

namespace tightrope {

namespace {

using Clock = std::chrono::steady_clock;
using Lanes = std::vector<std::unique_ptr<Lane>>;

/// Thrown out of the engine's loop, between two rounds.
struct Stopped {};

class Batch {
 public:
  Batch(const Experiment& experiment, const BatchOptions& options, const BatchListener& listener)
      : experiment_(experiment), options_(options), listener_(listener) {}

  Lanes run(std::shared_ptr<const Team> team) {
    build(std::move(team));
    resume();
    if (!options_.solo || lanes_.size() > 1)
      for (const auto& lane : lanes_) lane->mark_seconds_as_shared();
    saved_ = Clock::now();
    try {
      Engine([this](const Lanes&) { after_round(); }).run(lanes_);
      publish();
    } catch (const Stopped&) {
      publish();
      checkpoint();
    }
    // Back to one lane per cell.
    Lanes all(experiment_.cells.size());
    for (std::size_t i = 0; i < lanes_.size(); ++i) all[cells_[i]] = std::move(lanes_[i]);
    return all;
  }

 private:
  const CellSpec& cell(std::size_t lane) const { return experiment_.cells[cells_[lane]]; }

  void build(std::shared_ptr<const Team> team) {
    SkipListener skip;
    if (experiment_.is_study)
      skip = [this](std::size_t i, const UnsuitableCell& reason) { listener_.skipped(i, reason.reason()); };
    Lanes all = build_lanes(experiment_, std::move(team), skip);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!all[i]) continue;
      cells_.push_back(i);
      lanes_.push_back(std::move(all[i]));
    }
    published_.resize(lanes_.size(), false);
  }

  void resume() {
    const CellStore shelf(options_.out);
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      try {
        if (read_checkpoint(options_.out, cell(i), *lanes_[i])) continue;
      } catch (const Error& error) {
        if (error.code() != Exit::integrity) throw;
        listener_.warning(std::string(error.what()) + ", and the run starts afresh");
      }
      if (const auto stored = shelf.longest_prefix(cell(i))) continue_from(*stored, cell(i), *lanes_[i]);
    }
  }

  /// After every round.
  void after_round() {
    listener_.round(lanes_);
    if (options_.cell_seconds)
      for (const auto& lane : lanes_)
        if (!lane->end() && lane->seconds() > *options_.cell_seconds)
          lane->fail(fmt::format("it took longer than the limit of {:g} s", *options_.cell_seconds));
    if (listener_.stop()) throw Stopped();
    // Saving may take a twentieth of the time, however large the lanes are.
    const auto now = Clock::now();
    if (now - saved_ < std::max<Clock::duration>(std::chrono::duration_cast<Clock::duration>(
                                                     std::chrono::duration<Real>(options_.checkpoint_seconds)),
                                                 20 * saving_took_))
      return;
    publish();
    checkpoint();
    saved_ = Clock::now();
    saving_took_ = saved_ - now;
  }

  /// Puts what has ended on disk and tells so.
  void publish() {
    std::vector<Finished> finished;
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < lanes_.size(); ++i)
      if (lanes_[i]->end() && !published_[i]) {
        which.push_back(i);
        if (lanes_[i]->end()->end_class != EndClass::failed) finished.push_back({&cell(i), lanes_[i].get()});
      }
    publish_cells(options_.out, experiment_.name, finished);
    for (const std::size_t i : which) {
      published_[i] = true;
      remove_checkpoint(options_.out, cell(i));
      if (lanes_[i]->end()->end_class == EndClass::failed)
        listener_.failed(cells_[i], lanes_[i]->end()->reason);
      else
        listener_.done(cells_[i]);
    }
  }

  void checkpoint() const {
    for (std::size_t i = 0; i < lanes_.size(); ++i)
      if (!lanes_[i]->end()) write_checkpoint(options_.out, cell(i), *lanes_[i]);
  }

  const Experiment& experiment_;
  const BatchOptions& options_;
  const BatchListener& listener_;
  Lanes lanes_;
  std::vector<std::size_t> cells_;  // per lane, its cell's index
  std::vector<bool> published_;
  Clock::time_point saved_;
  Clock::duration saving_took_{};
};

}  // namespace

std::vector<std::unique_ptr<Lane>> run_batch(const Experiment& experiment, std::shared_ptr<const Team> team,
                                             const BatchOptions& options, const BatchListener& listener) {
  return Batch(experiment, options, listener).run(std::move(team));
}

}  // namespace tightrope
