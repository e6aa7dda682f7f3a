// Chooses the tuned values of a study by trials (core/grid/tune.hpp has the rules).
//
// Trials come in rounds: all at once for a list of values, one value after the other for a bisection. Each trial is a
// cell like any other, so that what is stored is not run again, wherever the study was broken off; the choice is a
// function of what is stored alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/experiment/experiment.hpp"
#include "core/store/cells/cell.hpp"
#include "core/store/trials.hpp"

namespace tightrope {

class Tuner {
 public:
  /// For the settings of an experiment whose cells wait. Both must outlive the tuner.
  Tuner(const Experiment& experiment, const Catalog& catalog);

  /// The next round of which not all trials are stored in `out`, all of its trials; no cells once everything is chosen.
  /// Throws ConfigError if the trials do not record what they are judged by.
  const Experiment& open(const std::filesystem::path& out);
  /// Ends the round that is open: a trial that is not stored by now has failed.
  void close(const std::filesystem::path& out);

  /// How many trials there are at the most.
  Index budget() const;
  /// What was chosen, in the order of the settings.
  std::vector<Tuned> results() const;
  /// What was found with each value that was tried, in the same order.
  std::vector<TriedValues> trials() const;

 private:
  struct Candidate {
    Node value;
    std::vector<Real> numbers;  // of each path; NaN if it is none
    Real merit = 0, last = 0;   // medians over the trials
    bool is_stable = true;
  };
  struct Search {
    const TunedSetting* setting = nullptr;
    std::vector<Candidate> candidates;
    std::size_t judged = 0;  // of them
    std::optional<Real> stable, unstable;
    std::optional<Node> chosen;
    Tuned result;
  };
  struct Trial {
    std::size_t search, candidate;
  };

  void propose(Search& search) const;
  void judge(Search& search, const std::vector<std::vector<std::optional<StoredCell>>>& trials) const;
  void choose(Search& search) const;
  void choose_stable(Search& search) const;
  void start_round();

  const Experiment& experiment_;
  const Catalog& catalog_;
  std::vector<Search> searches_;
  std::optional<Experiment> round_;
  std::vector<Trial> trials_;  // per cell of the round
};

/// A config as far as the trials that are stored in `out` settle it.
struct TuningState {
  Experiment experiment;  // its cells wait if there are trials
  Experiment trials;      // the next ones; no cells if there are none to wait for
  Index budget = 0;       // trials at the most
};
/// `experiment` is what `tree` resolves to without tuned values.
TuningState resolve_with_tuning(Experiment experiment, const Node& tree, const Catalog& catalog,
                                const Selection& selection, const std::filesystem::path& out);

}  // namespace tightrope
