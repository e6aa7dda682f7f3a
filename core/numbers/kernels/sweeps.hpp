// Inner loops over blocks of rows, compiled once per instruction set and chosen at run time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/numbers/kernels/row_store.hpp"

namespace tightrope::sweeps {

inline constexpr Index sign_lanes = 4;  // lanes that Storage::sign keeps side by side

struct Block {
  const std::byte* data;
  Index count;
  std::uint64_t stride;                    // bytes from row to row
  const std::byte* const* rows = nullptr;  // where they are, if they are no such distance apart
};

/// RowStore::sweep for entries kept as float64, float32, float16 or int8. Rows are padded with zeros to a multiple of
/// eight columns, and so are the lanes' x. With one lane, where gradients start and end is for the caller to see to.
void one_lane(const Block& add, const Real* slopes, const Block& dot, Index begin, Index end, Storage storage,
              const Real* x, Real* gradient, Real* sums);
void many_lanes(const Block& add, const SweepRows& added, const Block& dot, Index begin, Index end, Storage storage,
                const SweepLanes& lanes, Real* sums);
void encode(Storage storage, const Real* entries, Index count, std::byte* kept);
void decode(Storage storage, const std::byte* kept, Index count, Real* entries);

/// sums[group][row][lane] += Σ_j ±x_j, and gradient_j += Σ_i ±slopes_i, for rows kept as bits.
void sign_dot(const std::uint8_t* bytes, std::uint64_t stride, Index rows, Index begin, Index end,
              const SweepLanes& lanes, Real* sums);
void sign_add(const std::uint8_t* bytes, std::uint64_t stride, Index rows, const Real* slopes, Index begin, Index end,
              const SweepLanes& lanes);

const char* instruction_set();

}  // namespace tightrope::sweeps
