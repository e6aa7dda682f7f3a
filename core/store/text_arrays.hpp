// Readers of arrays in text and image files; read_matrix is the way in.
#pragma once

#include <string>
#include <string_view>

#include "core/numbers/types.hpp"

namespace tightrope {

/// Numbers in lines: one row a line. Throws Error(config) with `name` and the line.
Mat parse_csv(std::string_view text, const std::string& name);
/// A grey map (Netpbm P2 or P5, 8 or 16 bits), values as stored: 0 … maximum. Throws Error(config) with `name`.
Mat parse_pgm(std::string_view bytes, const std::string& name);

}  // namespace tightrope
