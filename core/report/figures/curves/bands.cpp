#include "core/report/figures/curves/bands.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tightrope {

std::optional<Real> clock_at(const Trace& trace, std::size_t row, Clock clock) {
  if (clock == Clock::seconds) return row < trace.seconds.size() ? std::optional(trace.seconds[row]) : std::nullopt;
  if (clock != Clock::time) return trace.rows[row][clock == Clock::passes ? 1 : 0];
  const auto time = trace.find("time");
  return time && std::isfinite(trace.rows[row][*time]) ? std::optional(trace.rows[row][*time]) : std::nullopt;
}

Track track_of(const Trace& trace, Index column, Clock clock, bool is_lost) {
  Track track;
  track.is_lost = is_lost;
  for (std::size_t r = 0; r < trace.rows.size(); ++r) {
    const Real value = trace.rows[r][column];
    if (!std::isfinite(value) || (trace.columns[column].logarithmic && value < 0)) continue;
    const std::optional<Real> x = clock_at(trace, r, clock);
    if (!x) break;
    track.x.push_back(*x);
    track.y.push_back(value);
  }
  return track;
}

Real value_at(const Track& track, Real x, bool logarithmic) {
  const auto after = std::upper_bound(track.x.begin(), track.x.end(), x);
  const auto i = static_cast<std::size_t>(after - track.x.begin());
  if (i == track.x.size())
    return track.is_lost && x > track.x.back() ? std::numeric_limits<Real>::infinity() : track.y.back();
  if (i == 0) return track.y.front();
  const Real a = track.y[i - 1], b = track.y[i], t = (x - track.x[i - 1]) / (track.x[i] - track.x[i - 1]);
  if (t == 0) return a;
  return logarithmic && a > 0 && b > 0 ? a * std::pow(b / a, t) : a + t * (b - a);
}

std::vector<std::size_t> thinned(const std::vector<Real>& values, std::size_t most) {
  std::vector<std::size_t> kept;
  if (values.size() <= most) {
    for (std::size_t i = 0; i < values.size(); ++i) kept.push_back(i);
    return kept;
  }
  // Each bucket keeps its first value and its extremes.
  const std::size_t buckets = std::max<std::size_t>(1, most / 3);
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::size_t begin = b * values.size() / buckets, end = (b + 1) * values.size() / buckets;
    const auto [low, high] =
        std::minmax_element(values.begin() + static_cast<long>(begin), values.begin() + static_cast<long>(end));
    std::array<std::size_t, 3> chosen = {begin, static_cast<std::size_t>(low - values.begin()),
                                         static_cast<std::size_t>(high - values.begin())};
    std::sort(chosen.begin(), chosen.end());
    for (const std::size_t i : chosen)
      if (kept.empty() || kept.back() < i) kept.push_back(i);
  }
  if (kept.back() + 1 < values.size()) kept.push_back(values.size() - 1);
  return kept;
}

namespace {

std::vector<Real> evenly_chosen(const std::vector<Real>& values, std::size_t most) {
  if (values.size() <= most) return values;
  std::vector<Real> chosen;
  for (std::size_t i = 0; i < most; ++i) chosen.push_back(values[i * (values.size() - 1) / (most - 1)]);
  return chosen;
}

Series single(const Track& track, bool logarithmic, std::size_t most) {
  Series series;
  for (const std::size_t i : thinned(track.y, most)) {
    if (logarithmic && track.y[i] <= 0) continue;
    series.x.push_back(track.x[i]);
    series.y.push_back(track.y[i]);
  }
  series.is_lost = track.is_lost;
  return series;
}

}  // namespace

Series band_of(const std::vector<Track>& tracks, bool logarithmic, std::size_t most, std::size_t failed) {
  if (tracks.empty()) return {};
  if (tracks.size() == 1 && failed == 0) return single(tracks.front(), logarithmic, most);
  std::vector<Real> grid;
  Real start = -std::numeric_limits<Real>::infinity(), end = -start;  // where the last begins, where the first ends
  for (const Track& track : tracks) {
    grid.insert(grid.end(), track.x.begin(), track.x.end());
    start = std::max(start, track.x.front());
    end = std::min(end, track.x.back());
  }
  start = std::min(start, end);
  std::sort(grid.begin(), grid.end());
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  std::erase_if(grid, [&](Real x) { return x < start; });
  Series series;
  std::vector<Real> values(tracks.size() + failed, std::numeric_limits<Real>::infinity());
  for (const Real x : evenly_chosen(grid, most)) {
    for (std::size_t i = 0; i < tracks.size(); ++i) values[i] = value_at(tracks[i], x, logarithmic);
    const Real middle = *median(values);
    series.is_lost = std::isinf(middle);
    if (series.is_lost) break;
    if (logarithmic && middle <= 0) continue;
    series.x.push_back(x);
    series.y.push_back(middle);
    series.low.push_back(*quantile(values, 0.25));
    series.high.push_back(*quantile(values, 0.75));
  }
  // All may be lost at the last abscissa at which any of them was recorded.
  const auto lost = failed + static_cast<std::size_t>(std::count_if(tracks.begin(), tracks.end(),
                                                                    [](const Track& track) { return track.is_lost; }));
  series.is_lost = series.is_lost || 2 * lost >= values.size();
  return series;
}

Series band_of(const StoredRun& run, const Setting& setting, const std::string& column, Clock clock, std::size_t most) {
  std::vector<Track> tracks;
  bool logarithmic = true;
  for (const std::size_t i : setting.cells) {
    const StoredCell& cell = run.cells[i];
    const auto at = cell.trace.find(column);
    if (!at) continue;
    logarithmic = cell.trace.columns[*at].logarithmic;
    Track track = track_of(cell.trace, *at, clock, cell.end.end_class == EndClass::diverged);
    if (!track.x.empty()) tracks.push_back(std::move(track));
  }
  const auto failed = std::count_if(setting.missing.begin(), setting.missing.end(),
                                    [&](std::size_t i) { return run.missing[i].kind == Missing::Kind::failed; });
  return band_of(tracks, logarithmic, most, static_cast<std::size_t>(failed));
}

}  // namespace tightrope
