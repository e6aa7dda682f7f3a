// Matrices whose entries a file lists one by one, and that become full ones here.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/arrays/bytes.hpp"
#include "core/numbers/types.hpp"

namespace tightrope {

/// Refuses to fill up a matrix of which next to nothing is listed: a few bytes could announce any size.
inline void require_density(Index rows, Index cols, Index listed, const std::string& name) {
  constexpr long double always = 1e6, for_each_listed = 1000;
  const long double entries = static_cast<long double>(rows) * static_cast<long double>(cols);
  if (entries > std::max(always, for_each_listed * static_cast<long double>(listed)))
    refuse_file(name, fmt::format("it lists {} of the entries of a {} × {} matrix: too few to make it a full one",
                                  listed, rows, cols));
}

}  // namespace tightrope
