// One run in progress.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/attribute_errors.hpp"
#include "core/engine/data/sensing_problem.hpp"
#include "core/engine/stop.hpp"
#include "core/engine/trace.hpp"
#include "core/interfaces/observer.hpp"
#include "core/interfaces/optimizer.hpp"
#include "core/interfaces/projection.hpp"

namespace tightrope {

/// An observer with its schedule. An unrecorded one serves a stop rule only.
struct ScheduledObserver {
  std::shared_ptr<const Observer> observer;
  Schedule schedule;
  bool recorded = true;
  std::string name = "an observer";  // in messages
};

/// What a run has cost so far.
struct Cost {
  Real seconds = 0;                  // of computing; a joint pass is divided among its lanes, observers are free
  Real bytes = 0;                    // of operator data read; of a pass that lanes share, each is charged its part
  bool solo = true;                  // false: other lanes or other runs were computing beside it
  std::vector<Real> observing = {};  // seconds of each observer, in the order of the watches; not part of `seconds`
};

/// The `keep:` section: of the recorded iterates, the one where a column is smallest is kept beside the last one.
struct KeepRule {
  std::string column;
};
/// What it kept: the first such iterate, and its row of the trace.
struct Kept {
  Factors point;
  std::vector<Real> row;
};

/// Everything that defines a run. All components are shared and immutable, but for the objective (one per lane).
struct LaneSetup {
  std::string name;
  std::shared_ptr<const SensingProblem> problem;  // may be null for objectives that are not sensing
  std::shared_ptr<Objective> objective;
  std::shared_ptr<const Optimizer> optimizer;
  std::shared_ptr<const StepSize> step_size;     // null if the optimizer takes none
  std::shared_ptr<const Projection> projection;  // may be null
  std::vector<ScheduledObserver> watches;
  StopRules stop;
  std::optional<KeepRule> keep;
  Factors start;
  std::string optimizer_name = "the optimizer", step_size_name = "the step size", projection_name = "the projection",
              start_name = "the initialization";  // in messages
  std::vector<std::string> warnings;              // what its parts had to say when they were made, each a sentence
};

/// A run: setup, and everything that changes while it runs. Moved by the Engine, read by everybody else.
class Lane {
 public:
  explicit Lane(LaneSetup setup);

  const LaneSetup& setup() const { return setup_; }
  /// The last complete iterate: what is recorded, watched and stored, also while the next iteration is half done, and
  /// when the run ends in the middle of it or by a point that is not finite. The start, whatever it is, if nothing came
  /// after it.
  const Iterate& iterate() const { return at_.phase == 0 ? at_ : complete_; }
  /// What the method publishes instead of X at that iterate; null if nothing.
  const LowRank* estimate() const { return estimate_ ? &*estimate_ : nullptr; }
  /// What the setup's rule kept; null if there is no rule, or nothing yet.
  const Kept* kept() const { return kept_ ? &*kept_ : nullptr; }
  const Trace& trace() const { return trace_; }
  const Counters& counters() const { return setup_.objective->counters(); }
  const std::optional<End>& end() const { return end_; }
  const Cost& cost() const { return cost_; }
  Real seconds() const { return cost_.seconds; }
  /// From now on the run has company, which its seconds show.
  void mark_seconds_as_shared() { cost_.solo = false; }
  /// What was spent on the run before its first round.
  void charge(Real seconds, Real bytes);

  /// Evaluates the next points of the given lanes, those with the same batch key in one pass. A lane whose plugins
  /// throw has failed; its company goes on.
  static void evaluate(const std::vector<Lane*>& lanes);
  /// Takes the evaluated point: records what is due, applies the stop rules, asks the optimizer where to go next. Does
  /// nothing for a lane that has ended.
  void process_evaluation();

  /// Ends a run that cannot go on, or went beyond what it may use.
  void fail(const std::string& reason) { end_ = End{EndClass::failed, reason, iterate().iteration}; }

  /// Everything that changes while the lane runs, but for trace and clock: equal runs give equal bytes. Between two
  /// rounds only.
  std::string state() const;
  /// Takes up a lane of the same setup where another one was when it gave its state, with the rows of its trace, their
  /// seconds, and its cost so far. A run that had ended at a limit goes on if the present limits allow: its numbers
  /// are then those of a run that had these limits from the start. Throws Error(integrity) if the parts do not fit.
  void restore(std::string_view state, std::vector<std::vector<Real>> rows, std::vector<Real> row_seconds, Cost cost);

 private:
  /// The last values of one watch, computed at most once per iterate.
  struct CachedValues {
    std::vector<Real> values;
    bool current = false;
  };
  struct Threshold {
    std::size_t watch, column;
    StopRules::Threshold rule;
  };

  static void evaluate_group(std::span<Lane* const> group);
  bool accept();
  bool has_diverged(const Iterate& point);
  void complete();
  void publish_estimate();
  void fail_at(const PluginFailure& failure, Index iteration);
  void record(bool everything);
  void keep(const std::vector<Real>& row);
  std::optional<End> rule_met();
  void step();
  void check_move() const;
  void take_evaluated_point();
  template <class Archive, class SomeLane, class Counted, class LastRow>
  static void transfer(Archive& archive, SomeLane& lane, Counted& counted, LastRow& last_row);
  void evaluate_again(Iterate& at);
  void resume_past_limit();
  const std::vector<Real>& values_of(std::size_t watch);

  LaneSetup setup_;
  std::vector<Block> blocks_;  // of the model
  Iterate at_, next_;          // the point that was evaluated last, and the one that comes next
  Iterate complete_;           // the last complete iterate, while at_ is in the middle of an iteration
  struct {
    Real passes = 0, seconds = 0;
  } reached_;  // what the last complete iterate had cost
  Memory memory_, step_size_memory_;
  Move move_;
  Trace trace_;
  std::optional<End> end_;
  std::optional<std::vector<Real>> last_row_;  // the row that the end replaced; empty if it added one
  std::vector<CachedValues> seen_;
  std::vector<Threshold> thresholds_;
  bool has_trials_ = false;  // whether points in the middle of an iteration may be such as lead to nothing
  std::size_t method_columns_ = 0;
  std::vector<Real> method_values_;  // of the method's own columns, at the last complete iterate
  std::optional<LowRank> estimate_;  // at the last complete iterate
  Vec late_prediction_;              // A of it, or of an X whose pass wrote none, once somebody has asked; else empty
  std::optional<Kept> kept_;
  std::optional<Index> keep_column_;
  bool started_ = false;
  Real scale_ = 0;  // what the divergence rule compares with
  Cost cost_;
};

}  // namespace tightrope
