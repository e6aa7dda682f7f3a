// Matrices as pictures.
#pragma once

#include <string>

#include "core/numbers/types.hpp"

namespace tightrope {

/// A PNG with one pixel per entry (averaged down to at most 240 per side), colours from `low` to `high` on a scale of
/// even perceived lightness.
std::string heat_map_png(const Mat& values, Real low, Real high);
/// "#1f2a44": the colour at t ∈ [0, 1] of that scale.
std::string scale_colour(Real t);
/// A horizontal bar of the colour scale.
std::string colour_bar_png();
std::string base64(const std::string& bytes);

}  // namespace tightrope
