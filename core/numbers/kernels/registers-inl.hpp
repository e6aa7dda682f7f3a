// Eight float64 numbers in registers, whatever the width of one. Included once for each instruction set.
#if defined(TIGHTROPE_REGISTERS) == defined(HWY_TARGET_TOGGLE)
#ifdef TIGHTROPE_REGISTERS
#undef TIGHTROPE_REGISTERS
#else
#define TIGHTROPE_REGISTERS
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "core/numbers/kernels/sweeps.hpp"

HWY_BEFORE_NAMESPACE();
namespace tightrope::sweeps::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

struct Half {
  std::uint16_t bits;
};

// --- Eight float64 numbers, whatever the width of a register -------------------------------------------------------
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
struct Eight {
  using Tag = hn::FixedTag<Real, 8>;
  hn::Vec<Tag> v;
  static Eight zero() { return {hn::Zero(Tag())}; }
  static Eight of(Real x) { return {hn::Set(Tag(), x)}; }
  static Eight load(const Real* p) { return {hn::LoadU(Tag(), p)}; }
  static Eight load_once(const Real* p) { return load(p); }
  static Eight load(const float* p) { return {hn::PromoteTo(Tag(), hn::LoadU(hn::FixedTag<float, 8>(), p))}; }
  static Eight load(const Half* p) {
    const hn::FixedTag<hwy::float16_t, 8> halves;
    const auto f =
        hn::PromoteTo(hn::FixedTag<float, 8>(), hn::LoadU(halves, reinterpret_cast<const hwy::float16_t*>(p)));
    return {hn::PromoteTo(Tag(), f)};
  }
  static Eight load(const std::int8_t* p) {
    const auto i = hn::PromoteTo(hn::FixedTag<std::int32_t, 8>(), hn::LoadU(hn::FixedTag<std::int8_t, 8>(), p));
    return {hn::PromoteTo(Tag(), i)};
  }
  void store(Real* p) const { hn::StoreU(v, Tag(), p); }
  void add_product(Eight a, Eight b) { v = hn::MulAdd(a.v, b.v, v); }
};
using Part = Eight;
#elif HWY_TARGET == HWY_AVX2
struct Part {
  using Tag = hn::FixedTag<Real, 4>;
  hn::Vec<Tag> v;
  static Part zero() { return {hn::Zero(Tag())}; }
  static Part load(const Real* p) { return {hn::LoadU(Tag(), p)}; }
  /// Loaded once: GCC would load it again for each use, and loads are what these processors have fewest of.
  static Part load_once(const Real* p) {
    Part part = load(p);
    asm("" : "+x"(part.v.raw));
    return part;
  }
  static Part of(Real x) { return {hn::Set(Tag(), x)}; }
  void store(Real* p) const { hn::StoreU(v, Tag(), p); }
  void add_product(Part a, Part b) { v = hn::MulAdd(a.v, b.v, v); }
};
struct Eight {
  using Tag = Part::Tag;
  hn::Vec<Tag> low, high;
  static Eight zero() { return {hn::Zero(Tag()), hn::Zero(Tag())}; }
  static Eight of(Real x) { return {hn::Set(Tag(), x), hn::Set(Tag(), x)}; }
  static Eight load(const Real* p) { return {hn::LoadU(Tag(), p), hn::LoadU(Tag(), p + 4)}; }
  static Eight load(const float* p) {
    const hn::FixedTag<float, 4> four;
    return {hn::PromoteTo(Tag(), hn::LoadU(four, p)), hn::PromoteTo(Tag(), hn::LoadU(four, p + 4))};
  }
  static Eight load(const Half* p) {
    const hn::FixedTag<hwy::float16_t, 8> halves;
    const hn::FixedTag<float, 4> four;
    const auto f =
        hn::PromoteTo(hn::FixedTag<float, 8>(), hn::LoadU(halves, reinterpret_cast<const hwy::float16_t*>(p)));
    return {hn::PromoteTo(Tag(), hn::LowerHalf(four, f)), hn::PromoteTo(Tag(), hn::UpperHalf(four, f))};
  }
  static Eight load(const std::int8_t* p) {
    const hn::FixedTag<std::int32_t, 4> four;
    const auto i = hn::PromoteTo(hn::FixedTag<std::int32_t, 8>(), hn::LoadU(hn::FixedTag<std::int8_t, 8>(), p));
    return {hn::PromoteTo(Tag(), hn::LowerHalf(four, i)), hn::PromoteTo(Tag(), hn::UpperHalf(four, i))};
  }
  void store(Real* p) const {
    hn::StoreU(low, Tag(), p);
    hn::StoreU(high, Tag(), p + 4);
  }
  void add_product(Eight a, Eight b) {
    low = hn::MulAdd(a.low, b.low, low);
    high = hn::MulAdd(a.high, b.high, high);
  }
};
#else
/// A float16 number, by arithmetic.
inline Real from_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const Real size = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -size : size;
}
struct Eight {
  Real v[8];
  static Eight zero() { return {}; }
  static Eight of(Real x) { return {{x, x, x, x, x, x, x, x}}; }
  template <class T>
  static Eight load(const T* p) {
    Eight e;
    for (int i = 0; i < 8; ++i) {
      if constexpr (std::is_same_v<T, Half>)
        e.v[i] = from_half(p[i].bits);
      else
        e.v[i] = static_cast<Real>(p[i]);
    }
    return e;
  }
  static Eight load_once(const Real* p) { return load(p); }
  void store(Real* p) const { std::copy_n(v, 8, p); }
  void add_product(const Eight& a, const Eight& b) {
    for (int i = 0; i < 8; ++i) v[i] = std::fma(a.v[i], b.v[i], v[i]);
  }
};
using Part = Eight;
#endif

/// The eight partial sums, added in a fixed tree.
HWY_INLINE Real total(const Eight& sums) {
  Real s[8];
  sums.store(s);
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

template <class T>
const T* row(const Block& block, Index i) {
  return reinterpret_cast<const T*>(block.rows ? block.rows[i] : block.data + i * block.stride);
}

}  // namespace tightrope::sweeps::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
