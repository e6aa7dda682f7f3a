// What a study found, as numbers: a pure function of the stored runs, for tables, reports and exports.
//
// Runs that differ in `repetition` alone are one setting. Nothing depends on the order or on the names of methods,
// settings or repetitions, and the numbers of a setting depend on its own runs alone; only what compares methods
// (Holm's correction, performance profiles) depends on which methods there are. A run that diverged or failed counts
// everywhere, as infinitely bad. A run that is unfinished or was skipped is listed and counts nowhere.
//
// Intervals are 95 % intervals: bootstrap percentiles for medians, Wilson's for shares. Repetitions are independent,
// settings are not (docs/decisions/0012-repetitions-are-the-sample.md).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/statistics/profiles.hpp"
#include "core/statistics/statistics.hpp"
#include "core/store/run_folder.hpp"

namespace tightrope {

/// Final values of a column. A run that diverged or failed has the value ∞: all prominent columns are errors of a kind.
struct FinalValues {
  std::string column;
  Index count = 0;  // runs with a value; others do not record the column
  Estimate median;
};

/// How long the runs of a setting take to succeed, on one clock.
struct TimeToSuccess {
  TimeToTarget times;  // of its `count` runs `reached` arrived; the others are censored
  Interval interval;   // of the median; an end is infinite where resamples had none
};

/// How many runs of a setting succeed.
struct Success {
  Index reached = 0, count = 0;  // count: runs of which it is known
  Interval share;                // as if the runs of a repetition, more than one where settings are pooled, all agreed
};

struct Setting {
  Labels labels;                            // all but the repetition and what is pooled
  std::vector<std::size_t> cells, missing;  // places in StoredRun::cells and StoredRun::missing
  Index runs = 0;                           // finished or failed
  Index repetitions = 0;                    // of these: as many are independent
  std::map<EndClass, Index> ends;           // of these; classes that occur
  std::vector<FinalValues> finals;          // in the order of Summary::columns, without those that it does not record
  std::optional<Success> success;           // null without a criterion, or if no run records its column
  std::map<std::string, TimeToSuccess> arrivals;  // by the name of a cost; empty where `success` is null
  const FinalValues* find(const std::string& column) const;
};

/// What is compared: a value of the axis that tells methods apart, and values of the axes that other methods lack.
struct Method {
  std::string name;  // "momentum, 0.9"
  Labels labels;     // {method: momentum, beta: 0.9}
};

/// A quantity of one method over the same quantity of another, over the runs that differ in the method alone. A pair
/// is decided if it is known which run was first: where one did not arrive and the other arrived later than the first
/// was watched, or where neither did, it is not (Gehan, Biometrika 52, 1965). Nor is a pair with a negative value.
///
/// Settings of one repetition share its random numbers, and an axis that changes little gives the same draw again and
/// again; only repetitions are independent. Each repetition therefore gives one number, the median over its settings of
/// the ratio, and these numbers are tested.
struct PairedRatio {
  Index decided = 0;           // pairs
  std::vector<Real> ratios;    // one for each repetition with a decided pair, the smallest first; 0 or ∞ where one
                               // method never arrives
  std::optional<Real> median;  // of `ratios` (core/statistics/tests.hpp); null for none
  Real p = 1;                  // Wilcoxon's signed-rank test of their logarithms, two-sided
  Real p_holm = 1;             // corrected over all pairs of methods
  bool is_exact = true;        // p: else by the normal approximation
};

struct Comparison {
  std::size_t first = 0, second = 0;                             // places in Summary::methods, first < second
  Index pairs = 0;                                               // of runs
  Index repetitions = 0;                                         // that have pairs: as many are independent
  std::optional<PairedRatio> final_values;                       // of the first of Summary::columns
  std::map<std::string, PairedRatio> times;                      // until success, by the name of a cost
  Index both = 0, first_only = 0, second_only = 0, neither = 0;  // pairs by who succeeded
  // Repetitions in which the first succeeded alone in more settings than the second, or the second in more.
  Index for_first = 0, for_second = 0;
  std::optional<Real> p_success, p_success_holm;  // McNemar's test of these two; null without a criterion
};

struct Summary {
  std::string name;
  std::vector<StudyAxis> axes;                // in the order of the file, `repetition` among them
  std::optional<SuccessCriterion> criterion;  // what success means; null also if no run records its column
  std::vector<std::string> columns;           // whose final values are summed up, the most prominent first
  std::vector<Setting> settings;              // in the order of the axes and of their values
  std::vector<std::string> pooled;            // labels of the axes over which settings are taken together
  std::string by;                             // label of the axis that tells methods apart; "" if there is none
  std::vector<Method> methods;                // in the order of the file; none without `by`
  std::vector<Comparison> comparisons;        // all pairs of methods that have runs in common
  bool has_all_comparisons = true;            // false: there are too many methods, and no pair was compared
  /// Performance profiles of the time to the target, one for each method, over the problems that all methods ran; a
  /// problem is a setting with its repetition. Empty without a criterion or without methods.
  std::map<std::string, std::vector<Profile>> profiles;  // by the name of a cost
  Index problems = 0;                                    // of the profiles

  /// The axes that tell settings apart: those that any setting has, without the repetition.
  std::vector<std::string> setting_axes() const;
};

struct SummaryOptions {
  std::optional<std::string> by = {};     // default: the methods of the study
  std::vector<std::string> columns = {};  // default: all that are prominent
  /// Axes over which settings are taken together, as if they were further repetitions: their medians are of all runs,
  /// their intervals from whole repetitions. Comparisons of methods stay as they are.
  std::vector<std::string> pool = {};
};

/// Error(config) for an axis or a column that the runs do not have.
Summary summarize(const StoredRun& run, const SummaryOptions& options = {});

}  // namespace tightrope
