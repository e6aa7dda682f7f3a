// What runs will take, from their first iterations.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/experiment/experiment.hpp"
#include "core/study/lane_groups.hpp"

namespace tightrope {

constexpr Index trial_iterations = 3;

/// Of one run up to its limits, as no other stop rule counts; zeros where it has none.
struct Forecast {
  Real passes = 0, seconds = 0;  // one thread's or one team's, as the lanes were built
};

/// Runs the first iterations of lanes that share an operator and tells what all of their iterations would take. Null
/// for a null lane.
std::vector<std::optional<Forecast>> predict(const std::vector<std::unique_ptr<Lane>>& lanes);

/// Seconds that each cell of `open` will take in one thread, its share of the making of its operator and what it takes
/// to store it included, in the order of `open`. Of groups of cells that differ in seeds alone the first is tried, and
/// none any more after `budget` seconds: such cells, and those that cannot be made or have no limit, get the mean of
/// the others.
std::vector<Real> predicted_seconds(const Experiment& experiment, const CellIndices& open, bool lanes, Real budget);

}  // namespace tightrope
