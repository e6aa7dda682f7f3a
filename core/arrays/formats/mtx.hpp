// MatrixMarket's exchange format.
#pragma once

#include "core/arrays/arrays.hpp"

namespace tightrope {

constexpr std::string_view matrix_market_banner = "%%MatrixMarket";

/// "array" and "coordinate"; real, integer and pattern; general, symmetric and skew-symmetric. Entries that are not
/// listed are zero, one listed twice is refused, and so are complex matrices. (Boisvert, Pozo & Remington, The Matrix
/// Market Exchange Formats, NISTIR 5935, 1996.) Throws Error(config) with `name` and the line.
Array parse_mtx(std::string_view text, const std::string& name);

}  // namespace tightrope
