// From the traces of repetitions to a median curve with a band.
#pragma once

#include <optional>
#include <vector>

#include "core/claims/clock.hpp"
#include "core/report/figures/figure.hpp"
#include "core/store/run_folder.hpp"
#include "core/study/findings/summary.hpp"

namespace tightrope {

/// One quantity of one run against one clock.
struct Track {
  std::vector<Real> x, y;  // x does not fall; finite; as recorded
  bool is_lost = false;    // the run diverged: from its end on its value is worse than every number
};
/// Rows in which the quantity is a number (and, for a column drawn on a logarithmic axis, not negative). Empty if the
/// trace has no such row, or not the clock.
Track track_of(const Trace& trace, Index column, const Clock& clock, bool is_lost);

/// The value of a track at x ≥ its first x: linear between two recorded values, on a logarithmic axis linear in the
/// logarithm; from its end on its last value, or ∞ if it is lost.
Real value_at(const Track& track, Real x, bool logarithmic);

/// Median and quartiles (the quantile of core/statistics/statistics.hpp) at some of the abscissae at which any track
/// was recorded, from where the last of them begins or the first has ended: all of these, or `most` that are evenly
/// spread among them, both ends included. The series ends before the median ceases to be a number, and is then lost. A
/// single track is thinned instead, so that its extremes stay. Tracks are not empty; no tracks give an empty series.
/// `failed` further runs left no track and count as lost from the start.
Series band_of(const std::vector<Track>& tracks, bool logarithmic, std::size_t most, std::size_t failed = 0);

/// Of a column over the repetitions of a setting, each kind of loss as above; empty if no run has the column.
Series band_of(const StoredRun& run, const Setting& setting, const std::string& column, const Clock& clock,
               std::size_t most);

/// Positions of at most about `most` values, ends and extremes among them.
std::vector<std::size_t> thinned(const std::vector<Real>& values, std::size_t most);

}  // namespace tightrope
