#include "core/numbers/kernels/entry_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

// Older instruction sets have no fused multiply-add: they share one plain version with the same bits.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/numbers/kernels/entry_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tightrope::entries::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// --- Four and eight float64 numbers --------------------------------------------------------------------------------
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
struct Four {
  using Tag = hn::FixedTag<Real, 4>;
  hn::Vec<Tag> v;
  static HWY_INLINE Four of(Real x) { return {hn::Set(Tag(), x)}; }
  static HWY_INLINE Four load(const Real* p) { return {hn::LoadU(Tag(), p)}; }
  HWY_INLINE void store(Real* p) const { hn::StoreU(v, Tag(), p); }
  HWY_INLINE void add_product(Four a, Four b) { v = hn::MulAdd(a.v, b.v, v); }
};
HWY_INLINE Four sum(Four a, Four b) { return {hn::Add(a.v, b.v)}; }
HWY_INLINE Four product(Four a, Four b) { return {hn::Mul(a.v, b.v)}; }

/// (s_0 + s_1) + (s_2 + s_3) of each of four.
HWY_INLINE Four totals(const Four (&s)[4]) {
  const Four::Tag d;
  const auto low = hn::Add(hn::InterleaveLower(d, s[0].v, s[1].v), hn::InterleaveUpper(d, s[0].v, s[1].v));
  const auto high = hn::Add(hn::InterleaveLower(d, s[2].v, s[3].v), hn::InterleaveUpper(d, s[2].v, s[3].v));
  return {hn::Add(hn::ConcatLowerLower(d, high, low), hn::ConcatUpperUpper(d, high, low))};
}
#else
struct Four {
  Real v[4];
  static Four of(Real x) { return {{x, x, x, x}}; }
  static Four load(const Real* p) { return {{p[0], p[1], p[2], p[3]}}; }
  void store(Real* p) const { std::copy_n(v, 4, p); }
  void add_product(const Four& a, const Four& b) {
    for (int i = 0; i < 4; ++i) v[i] = std::fma(a.v[i], b.v[i], v[i]);
  }
};
Four sum(const Four& a, const Four& b) {
  return {{a.v[0] + b.v[0], a.v[1] + b.v[1], a.v[2] + b.v[2], a.v[3] + b.v[3]}};
}
Four product(const Four& a, const Four& b) {
  return {{a.v[0] * b.v[0], a.v[1] * b.v[1], a.v[2] * b.v[2], a.v[3] * b.v[3]}};
}
Four totals(const Four (&s)[4]) {
  Four sums;
  for (int i = 0; i < 4; ++i) sums.v[i] = (s[i].v[0] + s[i].v[1]) + (s[i].v[2] + s[i].v[3]);
  return sums;
}
#endif

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
struct Eight {
  using Tag = hn::FixedTag<Real, 8>;
  hn::Vec<Tag> v;
  static HWY_INLINE Eight of(Real x) { return {hn::Set(Tag(), x)}; }
  static HWY_INLINE Eight load(const Real* p) { return {hn::LoadU(Tag(), p)}; }
  HWY_INLINE void store(Real* p) const { hn::StoreU(v, Tag(), p); }
  HWY_INLINE void add_product(Eight a, Eight b) { v = hn::MulAdd(a.v, b.v, v); }
  HWY_INLINE Four low() const { return {hn::LowerHalf(Four::Tag(), v)}; }
  HWY_INLINE Four high() const { return {hn::UpperHalf(Four::Tag(), v)}; }
};
HWY_INLINE Eight product(Eight a, Eight b) { return {hn::Mul(a.v, b.v)}; }
#else
struct Eight {
  Four first, second;
  static HWY_INLINE Eight of(Real x) { return {Four::of(x), Four::of(x)}; }
  static HWY_INLINE Eight load(const Real* p) { return {Four::load(p), Four::load(p + 4)}; }
  HWY_INLINE void store(Real* p) const {
    first.store(p);
    second.store(p + 4);
  }
  HWY_INLINE void add_product(const Eight& a, const Eight& b) {
    first.add_product(a.first, b.first);
    second.add_product(a.second, b.second);
  }
  HWY_INLINE Four low() const { return first; }
  HWY_INLINE Four high() const { return second; }
};
HWY_INLINE Eight product(const Eight& a, const Eight& b) {
  return {product(a.first, b.first), product(a.second, b.second)};
}
#endif

HWY_INLINE Index row_of(Key key) { return key >> 16U; }
HWY_INLINE Index column_of(Key key) { return key & 0xffffU; }

/// Four partial sums of an inner product: of eight interleaved ones, the later four on top of the first.
/// `groups`: those of a record, a constant where loops over it should be unrolled.
template <class Groups>
HWY_INLINE Four inner_product(Groups groups, const Real* l, const Real* r) {
  if (groups == 1) return product(Four::load(l), Four::load(r));
  Eight sums = product(Eight::load(l), Eight::load(r));
  for (Index g = 2; g + 1 < groups; g += 2) sums.add_product(Eight::load(l + 4 * g), Eight::load(r + 4 * g));
  Four low = sums.low();
  if (groups % 2 == 1) low.add_product(Four::load(l + 4 * (groups - 1)), Four::load(r + 4 * (groups - 1)));
  return sum(low, sums.high());
}

template <class Groups>
void predict_groups(Groups groups, const Key* keys, Index count, const Records& left, const Records& right, Real factor,
                    Real* z) {
  const Four scale = Four::of(factor);
  const auto four = [&](const Key* some) HWY_ATTR {
    Four sums[4];
    for (int e = 0; e < 4; ++e)
      sums[e] =
          inner_product(groups, left.x + row_of(some[e]) * left.stride, right.x + column_of(some[e]) * right.stride);
    return product(scale, totals(sums));
  };
  Index i = 0;
  for (; i + 4 <= count; i += 4) four(keys + i).store(z + i);
  if (i == count) return;
  Key last[4];
  for (Index e = 0; e < 4; ++e) last[e] = keys[std::min(i + e, count - 1)];
  Real some[4];
  four(last).store(some);
  std::copy_n(some, count - i, z + i);
}

template <bool to_left, bool to_right, Index groups>
void add_unrolled(std::integral_constant<Index, groups>, const Key* keys, Index count, const Real* slopes,
                  const Records& left, const Records& right, Real factor) {
  constexpr Index pairs = groups / 2;
  constexpr bool is_odd = groups % 2 == 1;
  const Records from = right;  // of their own: what is written cannot be these
  for (Index i = 0; i < count;) {
    const Index row = row_of(keys[i]);
    const Real* const l = left.x + row * left.stride;
    Real* const g = left.gradient + (to_left ? row * left.stride : 0);
    Eight L[pairs + 1], G[pairs + 1];
    Four last_L, last_G;
    for (Index c = 0; c < pairs; ++c) {
      if constexpr (to_right) L[c] = Eight::load(l + 8 * c);
      if constexpr (to_left) G[c] = Eight::load(g + 8 * c);
    }
    if constexpr (to_right && is_odd) last_L = Four::load(l + 8 * pairs);
    if constexpr (to_left && is_odd) last_G = Four::load(g + 8 * pairs);
    do {
      const Index column = column_of(keys[i]);
      const Eight slope = Eight::of(factor * slopes[i]);
      const Real* const r = from.x + column * from.stride;
      if constexpr (to_left) {
        for (Index c = 0; c < pairs; ++c) G[c].add_product(slope, Eight::load(r + 8 * c));
        if constexpr (is_odd) last_G.add_product(slope.low(), Four::load(r + 8 * pairs));
      }
      if constexpr (to_right) {
        Real* const h = from.gradient + column * from.stride;
        for (Index c = 0; c < pairs; ++c) {
          Eight H = Eight::load(h + 8 * c);
          H.add_product(slope, L[c]);
          H.store(h + 8 * c);
        }
        if constexpr (is_odd) {
          Four H = Four::load(h + 8 * pairs);
          H.add_product(slope.low(), last_L);
          H.store(h + 8 * pairs);
        }
      }
    } while (++i < count && row_of(keys[i]) == row);
    if constexpr (to_left) {
      for (Index c = 0; c < pairs; ++c) G[c].store(g + 8 * c);
      if constexpr (is_odd) last_G.store(g + 8 * pairs);
    }
  }
}

template <bool to_left, bool to_right>
void add_unrolled(Index groups, const Key* keys, Index count, const Real* slopes, const Records& left,
                  const Records& right, Real factor) {
  for (Index i = 0; i < count; ++i) {
    const Four slope = Four::of(factor * slopes[i]);
    const Index at_left = row_of(keys[i]) * left.stride, at_right = column_of(keys[i]) * right.stride;
    for (Index c = 0; c < 4 * groups; c += 4) {
      if constexpr (to_left) {
        Four G = Four::load(left.gradient + at_left + c);
        G.add_product(slope, Four::load(right.x + at_right + c));
        G.store(left.gradient + at_left + c);
      }
      if constexpr (to_right) {
        Four H = Four::load(right.gradient + at_right + c);
        H.add_product(slope, Four::load(left.x + at_left + c));
        H.store(right.gradient + at_right + c);
      }
    }
  }
}

/// work(number of groups), a constant where it is a usual one.
template <class Work>
void with_groups(Index groups, const Work& work) {
  switch (groups) {
    case 1:
      return work(std::integral_constant<Index, 1>());
    case 2:
      return work(std::integral_constant<Index, 2>());
    case 3:
      return work(std::integral_constant<Index, 3>());
    case 4:
      return work(std::integral_constant<Index, 4>());
    case 5:
      return work(std::integral_constant<Index, 5>());
    case 6:
      return work(std::integral_constant<Index, 6>());
    case 8:
      return work(std::integral_constant<Index, 8>());
    case 16:
      return work(std::integral_constant<Index, 16>());
    default:
      return work(groups);
  }
}

void Predict(const Key* keys, Index count, const Records& left, const Records& right, Index width, Real factor,
             Real* z) {
  with_groups(width / group, [&](auto groups) { predict_groups(groups, keys, count, left, right, factor, z); });
}

void Add(const Key* keys, Index count, const Real* slopes, const Records& left, const Records& right, Index width,
         Real factor) {
  with_groups(width / group, [&](auto groups) {
    if (left.gradient && right.gradient)
      add_unrolled<true, true>(groups, keys, count, slopes, left, right, factor);
    else if (left.gradient)
      add_unrolled<true, false>(groups, keys, count, slopes, left, right, factor);
    else if (right.gradient)
      add_unrolled<false, true>(groups, keys, count, slopes, left, right, factor);
  });
}

}  // namespace tightrope::entries::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tightrope::entries {

HWY_EXPORT(Predict);
HWY_EXPORT(Add);

void predict(const Key* keys, Index count, const Records& left, const Records& right, Index width, Real factor,
             Real* z) {
  HWY_DYNAMIC_DISPATCH(Predict)(keys, count, left, right, width, factor, z);
}

void add(const Key* keys, Index count, const Real* slopes, const Records& left, const Records& right, Index width,
         Real factor) {
  HWY_DYNAMIC_DISPATCH(Add)(keys, count, slopes, left, right, width, factor);
}

}  // namespace tightrope::entries
#endif
