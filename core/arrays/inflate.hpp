// Unpacking of deflated bytes.
#pragma once

#include <string>

#include "core/arrays/bytes.hpp"

namespace tightrope {

enum class Deflated { raw, zlib };

/// The `size` bytes to which `packed` unpacks; with `beginning` it may go on behind them. Error(config) if it is
/// damaged or cannot hold as much.
std::string inflated(const ByteSource& packed, std::uint64_t size, Deflated kind, bool beginning = false);

}  // namespace tightrope
