// Order statistics, intervals and times to a target. Tests, fits and profiles have files of their own beside this one.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/numbers/streams.hpp"
#include "core/numbers/types.hpp"

namespace tightrope {

struct Interval {
  Real low = 0, high = 0;
};

/// The p-quantile by linear interpolation between the order statistics x_(1) ≤ … ≤ x_(n): at position 1 + p(n - 1)
/// (definition 7 of Hyndman & Fan, The American Statistician 50, 1996; NumPy's default). 0 ≤ p ≤ 1. Infinite values are
/// allowed (between a finite and an infinite one the result is infinite), NaN is not. Null for an empty sample.
std::optional<Real> quantile(std::span<const Real> values, Real p);
/// quantile(values, 1/2): the middle value, or the mean of the two in the middle.
std::optional<Real> median(std::span<const Real> values);

/// Percentile bootstrap interval (Efron, Annals of Statistics 7, 1979) of a statistic of a sample of n elements: the
/// (1 ∓ level)/2 quantiles of `statistic` over `resamples` samples of n elements drawn with replacement. `statistic`
/// gets the drawn positions, 0 … n-1, and may return infinity. Element j of resample b uses element b·n + j of the
/// stream, so the same stream gives the same interval. Not bias-corrected: for a median the acceleration would have to
/// come from a jackknife, which is inconsistent there (same paper, section 3). n ≥ 1.
Interval bootstrap_interval(Index n, const std::function<Real(std::span<const Index>)>& statistic, const Stream& stream,
                            Real level = 0.95, Index resamples = 2000);
/// A median with its bootstrap interval. One value, or all values equal: an interval of no width. Null for an empty
/// sample.
struct Estimate {
  Real value = 0;
  Interval interval;
};
std::optional<Estimate> bootstrap_median(std::span<const Real> values, const Stream& stream, Real level = 0.95,
                                         Index resamples = 2000);

/// Wilson's score interval for a probability, from `successes` out of `trials` (Wilson, JASA 22, 1927; without
/// continuity correction). [0, 1] for no trials: nothing is known.
Interval wilson_interval(Index successes, Index trials, Real level = 0.95);
/// The same for a share of so many trials, whole successes or not.
Interval wilson_interval_of_share(Real share, Real trials, Real level = 0.95);

/// The time, in any unit, at which a run reached a target; or, if `reached` is false, the time until which it was
/// watched in vain. A run that ended so that it never would (diverged, failed) was watched in vain for ever: infinity.
struct CensoredTime {
  Real time = 0;
  bool reached = false;
};

/// Share of the runs that still wait just after each time at which some run arrived (Kaplan & Meier, JASA 53, 1958):
/// S(t) = Π over arrival times t_i ≤ t of (1 - arrivals at t_i / runs watched until at least t_i). A run that was given
/// up at t_i counts as watched at t_i.
struct SurvivalStep {
  Real time, waiting;
};
std::vector<SurvivalStep> survival(std::span<const CensoredTime> runs);

/// How long runs of one kind take to reach a target.
struct TimeToTarget {
  Index reached = 0, count = 0;
  /// Kaplan-Meier median: the first time with S < 1/2; where S = 1/2 for a while, the middle of that while, so that
  /// without censoring it is the ordinary median. Null if S never falls below 1/2: half of the runs or more did not
  /// arrive. (Where S ends at exactly 1/2, R's survfit would take the beginning of that while; nothing supports that.)
  std::optional<Real> median;
  /// If there is no median: it is more than this. The last time at which anybody was still watched, or half way from
  /// the last arrival to there if S = 1/2; 0 for no runs.
  Real more_than = 0;
};
TimeToTarget time_to_target(std::span<const CensoredTime> runs);
/// Percentile bootstrap interval of the Kaplan-Meier median; an end is infinite where resamples had none. n ≥ 1.
Interval bootstrap_time_to_target(std::span<const CensoredTime> runs, const Stream& stream, Real level = 0.95,
                                  Index resamples = 2000);

/// The first of as many times at which `met` is true of the value there; a target that is met between two of them
/// counts from the second. Without such a value the run waited in vain until the last time. Null for no values.
std::optional<CensoredTime> wait_for(std::span<const Real> values, std::span<const Real> times,
                                     const std::function<bool(Real)>& met);

}  // namespace tightrope
