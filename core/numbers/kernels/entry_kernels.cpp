#include "core/numbers/kernels/entry_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

// Older instruction sets have no fused multiply-add: they share one plain version with the same bits.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/numbers/kernels/entry_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tightrope::entries::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// --- Four float64 numbers ------------------------------------------------------------------------------------------
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_AVX2
struct Four {
  using Tag = hn::FixedTag<Real, 4>;
  hn::Vec<Tag> v;
  static HWY_INLINE Four of(Real x) { return {hn::Set(Tag(), x)}; }
  static HWY_INLINE Four load(const Real* p) { return {hn::LoadU(Tag(), p)}; }
  HWY_INLINE void store(Real* p) const { hn::StoreU(v, Tag(), p); }
  HWY_INLINE void add_product(Four a, Four b) { v = hn::MulAdd(a.v, b.v, v); }
};
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
Four product(const Four& a, const Four& b) {
  return {{a.v[0] * b.v[0], a.v[1] * b.v[1], a.v[2] * b.v[2], a.v[3] * b.v[3]}};
}
Four totals(const Four (&s)[4]) {
  Four sums;
  for (int i = 0; i < 4; ++i) sums.v[i] = (s[i].v[0] + s[i].v[1]) + (s[i].v[2] + s[i].v[3]);
  return sums;
}
#endif

HWY_INLINE Index row_of(Key key) { return key >> 16U; }
HWY_INLINE Index column_of(Key key) { return key & 0xffffU; }

/// `groups`: those of a record, a constant where loops over it should be unrolled.
template <class Groups>
void predict_groups(Groups groups, const Key* keys, Index count, const Records& left, const Records& right, Real factor,
                    Real* z) {
  const Four scale = Four::of(factor);
  const auto four = [&](const Key* some) HWY_ATTR {
    Four sum[4];
    for (int e = 0; e < 4; ++e) {
      const Real *const l = left.x + row_of(some[e]) * left.stride, *const r =
                                                                        right.x + column_of(some[e]) * right.stride;
      sum[e] = product(Four::load(l), Four::load(r));
      for (Index g = 1; g < groups; ++g) sum[e].add_product(Four::load(l + 4 * g), Four::load(r + 4 * g));
    }
    return product(scale, totals(sum));
  };
  Index i = 0;
  // Rows are met once or twice in a tile of few entries, and come from far.
  constexpr Index ahead = 32;
  for (; i + 4 <= count; i += 4) {
    if (i + ahead < count) {
      const Real* const row = left.x + row_of(keys[i + ahead]) * left.stride;
      for (Index c = 0; c < left.stride; c += 8) hwy::Prefetch(row + c);
    }
    four(keys + i).store(z + i);
  }
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
  for (Index i = 0; i < count;) {
    const Index row = row_of(keys[i]);
    const Real* const l = left.x + row * left.stride;
    Real* const g = left.gradient + (to_left ? row * left.stride : 0);
    Four L[groups], G[groups];
    for (Index c = 0; c < groups; ++c) {
      if constexpr (to_right) L[c] = Four::load(l + 4 * c);
      if constexpr (to_left) G[c] = Four::load(g + 4 * c);
    }
    do {
      const Index column = column_of(keys[i]);
      const Four slope = Four::of(factor * slopes[i]);
      const Real* const r = right.x + column * right.stride;
      if constexpr (to_left)
        for (Index c = 0; c < groups; ++c) G[c].add_product(slope, Four::load(r + 4 * c));
      if constexpr (to_right) {
        Real* const h = right.gradient + column * right.stride;
        for (Index c = 0; c < groups; ++c) {
          Four H = Four::load(h + 4 * c);
          H.add_product(slope, L[c]);
          H.store(h + 4 * c);
        }
      }
    } while (++i < count && row_of(keys[i]) == row);
    if constexpr (to_left)
      for (Index c = 0; c < groups; ++c) G[c].store(g + 4 * c);
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
