// Matrices as pictures.
#pragma once

#include <string>

#include "core/numbers/types.hpp"

namespace tightrope {

inline constexpr Index most_pixels = 240;  // of a side

/// Means of blocks of entries, so many that no side has more than `most_pixels`; small matrices as they are.
Mat block_means(const Mat& values);
/// A PNG with one pixel per entry (of its block means), colours from `low` to `high` on a scale of even perceived
/// lightness.
std::string heat_map_png(const Mat& values, Real low, Real high);
/// "#1f2a44": the colour at t ∈ [0, 1] of that scale.
std::string scale_colour(Real t);
/// A horizontal bar of the colour scale.
std::string colour_bar_png();

}  // namespace tightrope
