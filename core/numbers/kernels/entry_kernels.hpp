// Inner loops over single entries of a low-rank matrix, compiled once per instruction set and chosen at run time.
//
// One side of the pair is kept row by row, a row in a record of `stride` numbers whose first `width` are its factor,
// padded with zeros to a multiple of four; behind them the record may have the row's gradient, as wide.
#pragma once

#include <cstdint>

#include "core/numbers/types.hpp"

namespace tightrope::entries {

/// Row in the upper half, column in the lower half, both counted from the first record of the tile.
using Key = std::uint32_t;

inline constexpr Index group = 4;  // numbers that records are padded to

struct Records {
  const Real* x = nullptr;   // the tile's first record
  Real* gradient = nullptr;  // null: nobody wants it
  Index stride = 0;
};

/// z_e = factor · ⟨left row, right row⟩ of each key. The sum over 8 interleaved partial sums, in a fixed tree.
void predict(const Key* keys, Index count, const Records& left, const Records& right, Index width, Real factor,
             Real* z);

/// gradient of left row += (factor · slope_e) · right row, and the other way round, entry by entry in their order. Keys
/// of a row should be neighbours: its record stays in registers.
void add(const Key* keys, Index count, const Real* slopes, const Records& left, const Records& right, Index width,
         Real factor);

}  // namespace tightrope::entries
