// Sweeps of one lane: memory is what they wait for.
#include <hwy/cache_control.h>

#include <algorithm>

#include "core/numbers/kernels/sweeps.hpp"

// Older instruction sets have no fused multiply-add: they share one plain version with the same bits.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/numbers/kernels/one_lane.cpp"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include "core/numbers/kernels/registers-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tightrope::sweeps::HWY_NAMESPACE {

/// For R rows each: gradient += slopes·(rows of `add`), sums += ⟨rows of `dot`, x⟩ on one tile of columns.
template <class T, Index R, bool add_some, bool dot_some>
HWY_INLINE void one_lane_tile(const Block& add, Index add_first, const Real* slopes, const Block& dot, Index dot_first,
                              Index begin, Index end, const Real* x, Real* gradient, Real* sums) {
  const T *a[R], *d[R];
  Eight slope[R], sum[R];
  for (Index r = 0; r < R; ++r) {
    if constexpr (add_some) {
      a[r] = row<T>(add, add_first + r);
      slope[r] = Eight::of(slopes[add_first + r]);
    }
    if constexpr (dot_some) {
      d[r] = row<T>(dot, dot_first + r);
      sum[r] = Eight::zero();
    }
  }
  constexpr Index ahead = 1024 / sizeof(T);  // columns that the next block's rows are fetched ahead
  for (Index j = begin; j < end; j += 8) {
    if constexpr (dot_some) {
      if constexpr (sizeof(T) >= 4)
        for (Index r = 0; r < R; ++r) hwy::Prefetch(d[r] + j + ahead);
      const Eight xj = Eight::load(x + j);
      for (Index r = 0; r < R; ++r) sum[r].add_product(Eight::load(d[r] + j), xj);
    }
    if constexpr (add_some) {
      Eight g = Eight::load(gradient + j);
      for (Index r = 0; r < R; ++r) g.add_product(slope[r], Eight::load(a[r] + j));
      g.store(gradient + j);
    }
  }
  if constexpr (dot_some)
    for (Index r = 0; r < R; ++r) sums[dot_first + r] += total(sum[r]);
}

constexpr Index most_rows = 4;  // side by side

/// Rows [first, last), each group of them from tile to tile, so that memory sees few and long streams.
template <class T, bool add_some, bool dot_some>
void one_lane_rows(const Block& add, const Real* slopes, const Block& dot, Index first, Index last, Index begin,
                   Index end, const Real* x, Real* gradient, Real* sums) {
  const auto rows = [&]<Index R>(std::integral_constant<Index, R>, Index i) {
    for (Index tile = begin; tile < end; tile += tile_columns)
      one_lane_tile<T, R, add_some, dot_some>(add, i, slopes, dot, i, tile, std::min(end, tile + tile_columns), x,
                                              gradient, sums);
  };
  Index i = first;
  for (; i + most_rows <= last; i += most_rows) rows(std::integral_constant<Index, most_rows>(), i);
  for (; i + 2 <= last; i += 2) rows(std::integral_constant<Index, 2>(), i);
  for (; i < last; ++i) rows(std::integral_constant<Index, 1>(), i);
}

template <class T>
void sweep(const Block& add, const Real* slopes, const Block& dot, Index begin, Index end, const Real* x,
           Real* gradient, Real* sums) {
  // Memory overlaps with arithmetic where a row to add and a row to come go together.
  const Index both = std::min(add.count, dot.count);
  one_lane_rows<T, true, true>(add, slopes, dot, 0, both, begin, end, x, gradient, sums);
  one_lane_rows<T, true, false>(add, slopes, dot, both, add.count, begin, end, x, gradient, sums);
  one_lane_rows<T, false, true>(add, slopes, dot, both, dot.count, begin, end, x, gradient, sums);
}

void OneLane(const Block& add, const Real* slopes, const Block& dot, Index begin, Index end, Storage storage,
             const Real* x, Real* gradient, Real* sums) {
  const Index stop = (end + 7) / 8 * 8;
  switch (storage) {
    case Storage::float32:
      return sweep<float>(add, slopes, dot, begin, stop, x, gradient, sums);
    case Storage::float16:
      return sweep<Half>(add, slopes, dot, begin, stop, x, gradient, sums);
    case Storage::int8:
      return sweep<std::int8_t>(add, slopes, dot, begin, stop, x, gradient, sums);
    default:
      return sweep<Real>(add, slopes, dot, begin, stop, x, gradient, sums);
  }
}

}  // namespace tightrope::sweeps::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tightrope::sweeps {

HWY_EXPORT(OneLane);

void one_lane(const Block& add, const Real* slopes, const Block& dot, Index begin, Index end, Storage storage,
              const Real* x, Real* gradient, Real* sums) {
  HWY_DYNAMIC_DISPATCH(OneLane)(add, slopes, dot, begin, end, storage, x, gradient, sums);
}

}  // namespace tightrope::sweeps
#endif
