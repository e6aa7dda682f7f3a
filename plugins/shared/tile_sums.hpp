// Values and gradients of a pass, summed over tiles of its measurements.
#pragma once

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// What one lane adds up: its value, and the sides of its gradient that are not empty.
struct LaneSum {
  Real value = 0;
  Mat left, right;
};

/// The sums that a pass begins with: zeros in the shape of what the lanes want.
inline std::vector<LaneSum> zero_sums(std::span<const Evaluation> lanes) {
  std::vector<LaneSum> sums(lanes.size());
  for (std::size_t l = 0; l < lanes.size(); ++l) {
    const Evaluation& lane = lanes[l];
    if (lane.gradient && lane.wanted.left) sums[l].left.zeros(lane.gradient->left.n_rows, lane.gradient->left.n_cols);
    if (lane.gradient && lane.wanted.right)
      sums[l].right.zeros(lane.gradient->right.n_rows, lane.gradient->right.n_cols);
  }
  return sums;
}

/// work(unit, sums) adds what one of some consecutive units of the operator contributes; answers the sums over all of
/// them. The cut into tiles depends on their number alone and tiles are added in their order, so that the bits are the
/// same for any number of threads.
template <class Work>
std::vector<LaneSum> sum_over_tiles(const Team& team, Rows units, const std::vector<LaneSum>& start, const Work& work) {
  constexpr Index most_tiles = 16;
  const Index tiles = std::max<Index>(1, std::min(most_tiles, units.count));
  std::vector<std::vector<LaneSum>> parts(tiles, start);
  team.for_each_tile(tiles, [&](Index tile) {
    for (Index unit = part_begin(units.count, tiles, tile); unit < part_begin(units.count, tiles, tile + 1); ++unit)
      work(units.first + unit, parts[tile]);
  });
  for (Index tile = 1; tile < tiles; ++tile)
    for (std::size_t l = 0; l < start.size(); ++l) {
      parts[0][l].value += parts[tile][l].value;
      parts[0][l].left += parts[tile][l].left;
      parts[0][l].right += parts[tile][l].right;
    }
  return std::move(parts[0]);
}

/// Hands the sums to the lanes that they are of.
inline void give_sums(std::vector<LaneSum>& sums, std::span<Evaluation> lanes) {
  for (std::size_t l = 0; l < lanes.size(); ++l) {
    lanes[l].value = sums[l].value;
    if (lanes[l].gradient && lanes[l].wanted.left) lanes[l].gradient->left = std::move(sums[l].left);
    if (lanes[l].gradient && lanes[l].wanted.right) lanes[l].gradient->right = std::move(sums[l].right);
  }
}

}  // namespace tightrope
