// Entries of a narrow storage: from float64 and back.
#include <algorithm>
#include <cmath>

#include "core/numbers/kernels/sweeps.hpp"

// Older instruction sets have no fused multiply-add: they share one plain version with the same bits.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/numbers/kernels/entry_codes.cpp"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include "core/numbers/kernels/registers-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tightrope::sweeps::HWY_NAMESPACE {

void Decode(Storage storage, const std::byte* kept, Index count, Real* entries) {
  const auto copy = [&](const auto* from) {
    Index j = 0;
    for (; j + 8 <= count; j += 8) Eight::load(from + j).store(entries + j);
    if (j < count) {
      Real rest[8];
      Eight::load(from + j).store(rest);  // rows are padded
      std::copy_n(rest, count - j, entries + j);
    }
  };
  switch (storage) {
    case Storage::float32:
      return copy(reinterpret_cast<const float*>(kept));
    case Storage::float16:
      return copy(reinterpret_cast<const Half*>(kept));
    case Storage::int8:
      return copy(reinterpret_cast<const std::int8_t*>(kept));
    default:
      return copy(reinterpret_cast<const Real*>(kept));
  }
}

const char* Name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace tightrope::sweeps::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tightrope::sweeps {

HWY_EXPORT(Decode);
HWY_EXPORT(Name);

void decode(Storage storage, const std::byte* kept, Index count, Real* entries) {
  HWY_DYNAMIC_DISPATCH(Decode)(storage, kept, count, entries);
}

namespace {

/// Nearest float16, ties to even, for |x| < 65504.
std::uint16_t to_half(Real x) {
  const std::uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  const Real size = std::abs(x);
  int exponent = 0;
  std::frexp(size, &exponent);  // size in [2^(exponent−1), 2^exponent)
  const int unit = std::max(exponent - 11, -24);
  const auto steps = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(size, -unit)));
  // `steps` counts units of 2^unit; a carry into the exponent comes out right by addition.
  const std::uint32_t bits = unit == -24 ? steps : steps + static_cast<std::uint32_t>((unit + 24) * 1024);
  return static_cast<std::uint16_t>(sign | bits);
}

}  // namespace

void encode(Storage storage, const Real* entries, Index count, std::byte* kept) {
  for (Index j = 0; j < count; ++j) {
    if (storage == Storage::float32)
      reinterpret_cast<float*>(kept)[j] = static_cast<float>(entries[j]);
    else if (storage == Storage::float16)
      reinterpret_cast<std::uint16_t*>(kept)[j] = to_half(entries[j]);
    else if (storage == Storage::int8)
      reinterpret_cast<std::int8_t*>(kept)[j] =
          static_cast<std::int8_t>(std::clamp(std::nearbyint(entries[j]), -127.0, 127.0));
    else
      reinterpret_cast<Real*>(kept)[j] = entries[j];
  }
}

const char* instruction_set() { return HWY_DYNAMIC_DISPATCH(Name)(); }

}  // namespace tightrope::sweeps
#endif
