#include "core/statistics/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <numeric>

namespace tightrope {

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

/// Quantile of a sorted, non-empty sample.
Real sorted_quantile(std::span<const Real> sorted, Real p) {
  const Real position = p * static_cast<Real>(sorted.size() - 1);
  const std::size_t below = std::min(static_cast<std::size_t>(position), sorted.size() - 1);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const Real a = sorted[below], b = sorted[above], weight = position - std::floor(position);
  if (a == b || weight == 0) return a;              // also two infinities, whose difference is no number
  if (std::isinf(a)) return std::isinf(b) ? b : a;  // -∞ up to any finite value; between -∞ and ∞ nothing is finite
  return std::isinf(b) ? b : a + (b - a) * weight;
}

std::vector<Real> sorted(std::span<const Real> values) {
  std::vector<Real> result(values.begin(), values.end());
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

std::optional<Real> quantile(std::span<const Real> values, Real p) {
  if (values.empty()) return std::nullopt;
  return sorted_quantile(sorted(values), p);
}

std::optional<Real> median(std::span<const Real> values) { return quantile(values, 0.5); }

Interval bootstrap_interval(Index n, const std::function<Real(std::span<const Index>)>& statistic, const Stream& stream,
                            Real level, Index resamples) {
  std::vector<Real> uniform(n), found(resamples);
  std::vector<Index> drawn(n);
  for (Index b = 0; b < resamples; ++b) {
    stream.fill_uniform(b * n, uniform);
    for (Index j = 0; j < n; ++j) drawn[j] = std::min(static_cast<Index>(uniform[j] * static_cast<Real>(n)), n - 1);
    found[b] = statistic(drawn);
  }
  std::sort(found.begin(), found.end());
  return {sorted_quantile(found, (1 - level) / 2), sorted_quantile(found, (1 + level) / 2)};
}

std::optional<Estimate> bootstrap_median(std::span<const Real> values, const Stream& stream, Real level,
                                         Index resamples) {
  const auto middle = median(values);
  if (!middle) return std::nullopt;
  // A resample of sorted values is sorted once its positions are: cheaper than sorting numbers through positions.
  const std::vector<Real> in_order = sorted(values);
  std::vector<Real> sample(values.size());
  return Estimate{*middle, bootstrap_interval(
                               values.size(),
                               [&](std::span<const Index> drawn) {
                                 for (std::size_t j = 0; j < drawn.size(); ++j) sample[j] = in_order[drawn[j]];
                                 std::sort(sample.begin(), sample.end());
                                 return sorted_quantile(sample, 0.5);
                               },
                               stream, level, resamples)};
}

Interval wilson_interval(Index successes, Index trials, Real level) {
  if (trials == 0) return {0, 1};
  return wilson_interval_of_share(static_cast<Real>(successes) / static_cast<Real>(trials), static_cast<Real>(trials),
                                  level);
}

Interval wilson_interval_of_share(Real share, Real trials, Real level) {
  const Real z = boost::math::quantile(boost::math::normal(), (1 + level) / 2), z2 = z * z;
  const Real middle = (share + z2 / (2 * trials)) / (1 + z2 / trials);
  const Real half = z / (1 + z2 / trials) * std::sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials));
  // At the ends the formula gives 0 and 1 up to rounding.
  return {share == 0 ? 0 : middle - half, share == 1 ? 1 : middle + half};
}

std::vector<SurvivalStep> survival(std::span<const CensoredTime> runs) {
  std::vector<CensoredTime> in_order(runs.begin(), runs.end());
  std::sort(in_order.begin(), in_order.end(),
            [](const CensoredTime& a, const CensoredTime& b) { return a.time < b.time; });
  std::vector<SurvivalStep> steps;
  Real waiting = 1;
  for (std::size_t first = 0; first < in_order.size();) {
    std::size_t next = first, arrived = 0;
    for (; next < in_order.size() && in_order[next].time == in_order[first].time; ++next)
      if (in_order[next].reached) ++arrived;
    if (arrived > 0) {
      const std::size_t watched = in_order.size() - first;
      waiting *= static_cast<Real>(watched - arrived) / static_cast<Real>(watched);
      steps.push_back({in_order[first].time, waiting});
    }
    first = next;
  }
  return steps;
}

TimeToTarget time_to_target(std::span<const CensoredTime> runs) {
  TimeToTarget result;
  result.count = runs.size();
  for (const CensoredTime& run : runs) {
    if (run.reached) ++result.reached;
    if (std::isfinite(run.time)) result.more_than = std::max(result.more_than, run.time);
  }
  const std::vector<SurvivalStep> steps = survival(runs);
  constexpr Real rounding = 1e-12;  // of a product of at most some thousand ratios
  for (std::size_t i = 0; i < steps.size() && !result.median; ++i) {
    if (steps[i].waiting > 0.5 + rounding) continue;
    if (steps[i].waiting < 0.5 - rounding)
      result.median = steps[i].time;
    else if (i + 1 < steps.size())
      result.median = steps[i].time + (steps[i + 1].time - steps[i].time) / 2;
    else
      result.more_than = steps[i].time + (result.more_than - steps[i].time) / 2;
  }
  if (result.median) result.more_than = *result.median;
  return result;
}

Interval bootstrap_time_to_target(std::span<const CensoredTime> runs, const Stream& stream, Real level,
                                  Index resamples) {
  std::vector<CensoredTime> sample(runs.size());
  return bootstrap_interval(
      runs.size(),
      [&](std::span<const Index> drawn) {
        for (std::size_t j = 0; j < drawn.size(); ++j) sample[j] = runs[drawn[j]];
        return time_to_target(sample).median.value_or(infinity);
      },
      stream, level, resamples);
}

std::optional<CensoredTime> wait_for(std::span<const Real> values, std::span<const Real> times,
                                     const std::function<bool(Real)>& met) {
  if (values.empty()) return std::nullopt;
  const auto row = static_cast<std::size_t>(std::find_if(values.begin(), values.end(), met) - values.begin());
  const bool reached = row < values.size();
  return CensoredTime{reached ? times[row] : times.back(), reached};
}

}  // namespace tightrope
