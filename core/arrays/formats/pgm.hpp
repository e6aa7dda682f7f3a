// Netpbm's grey maps.
#pragma once

#include "core/arrays/arrays.hpp"

namespace tightrope {

/// P2 or P5, 8 or 16 bits, values as stored: 0 … maximum. Throws Error(config) with `name`.
Array parse_pgm(std::string_view bytes, const std::string& name);

}  // namespace tightrope
