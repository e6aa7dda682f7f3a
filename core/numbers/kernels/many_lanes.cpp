// Sweeps of many lanes: the more lanes, the nearer to the peak of multiply-adds.
#include <algorithm>
#include <vector>

#include "core/numbers/kernels/sweeps.hpp"

// Older instruction sets have no fused multiply-add: they share one plain version with the same bits.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/numbers/kernels/many_lanes.cpp"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include "core/numbers/kernels/registers-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tightrope::sweeps::HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
constexpr Index row_tile = 4, lane_tile = 4, gradient_tile = 8, span_columns = 256;
#elif HWY_TARGET == HWY_AVX2
constexpr Index row_tile = 3, lane_tile = 4, gradient_tile = 3, span_columns = 192;
#else
constexpr Index row_tile = 1, lane_tile = 1, gradient_tile = 1, span_columns = 256;
#endif

// A sweep goes from span to span of columns: the one block is added there, and the inner products of the other are
// taken. Of the inner products, chunk_rows × span_columns entries stay in the first-level cache while all lanes' x pass
// by; of the gradients, all rows of a piece of columns and the slopes do while the lanes pass by. Meanwhile the next
// piece and, of the other block and of x, what the span needs next are fetched into the core's own cache, a line or two
// with each row: a burst of them would stall it, and the processor itself does not foresee so many short runs.
constexpr Index chunk_rows = 12, piece_columns = 16;

/// work(how many as a constant) for how many = 1 … most.
template <Index most, class Work>
HWY_INLINE void with_constant(Index count, const Work& work) {
  if constexpr (most > 1)
    if (count < most) return with_constant<most - 1>(count, work);
  work(std::integral_constant<Index, most>());
}

HWY_INLINE void fetch(const void* line) { __builtin_prefetch(line, 0, 2); }

/// The eight partial sums of R rows times L lanes on a span, held in registers.
template <Index R, Index L>
HWY_NOINLINE void dot_span(const Block& rows, Index first_row, Index offset, const Real* const* x, Index begin,
                           Index end, bool fresh, Real* partial, Index lane_stride) {
  constexpr Index parts = sizeof(Eight) / sizeof(Part), width = 8 / parts;
  for (Index part = 0; part < parts; ++part) {
    const Real *a[R], *xs[L];
    for (Index l = 0; l < L; ++l) xs[l] = x[l] + part * width;
    for (Index r = 0; r < R; ++r) a[r] = row<Real>(rows, first_row + r) - offset + part * width;
    Part sum[L][R];
    Real* const place = partial + part * width;
    for (Index l = 0; l < L; ++l)
      for (Index r = 0; r < R; ++r) sum[l][r] = fresh ? Part::zero() : Part::load(place + l * lane_stride + r * 8);
#pragma GCC unroll 2
    for (Index j = begin; j < end; j += 8) {
      Part value[R];
      for (Index r = 0; r < R; ++r) value[r] = Part::load_once(a[r] + j);
      for (Index l = 0; l < L; ++l) {
        const Part lane = Part::load_once(xs[l] + j);
        for (Index r = 0; r < R; ++r) sum[l][r].add_product(value[r], lane);
      }
    }
    for (Index l = 0; l < L; ++l)
      for (Index r = 0; r < R; ++r) sum[l][r].store(place + l * lane_stride + r * 8);
  }
}

/// partial[lane][row] += the eight partial sums of a span.
HWY_INLINE void dot_lanes(const Block& rows, Index offset, const Real* const* x, Index lanes, Index begin, Index end,
                          bool fresh, Real* partial) {
  for (Index chunk = 0; chunk < rows.count; chunk += chunk_rows)
    for (Index l = 0; l < lanes; l += lane_tile)
      for (Index i = chunk, last = std::min(rows.count, chunk + chunk_rows); i < last; i += row_tile)
        with_constant<lane_tile>(lanes - l, [&]<Index L>(std::integral_constant<Index, L>) {
          with_constant<row_tile>(last - i, [&]<Index R>(std::integral_constant<Index, R>) {
            dot_span<R, L>(rows, i, offset, x + l, begin, end, fresh, partial + (l * rows.count + i) * 8,
                           rows.count * 8);
          });
        });
}

/// What a sweep adds, and where.
struct Gradients {
  const Real* slopes;
  Real* const* of;  // lanes
  bool starts;
  Real* const* total;
};

/// The block whose inner products come next, from a byte of its rows on.
struct Ahead {
  const Block* block;
  Index byte;
  const Real* const* x;  // null without a block
};

/// gradient of lane += Σ_i slopes[lane][i]·row i on `eights` times eight columns from j on, for L lanes from `lane` on,
/// held in registers. Of these columns and of the next ones, `lines` cache lines of a row are fetched from `line` on.
template <Index L, Index eights, int lines>
HWY_NOINLINE void add_columns(const Block& rows, Index offset, const Gradients& gradients, Index lane, Index j,
                              Index line, const Ahead& ahead) {
  constexpr Index width = sizeof(Part) / sizeof(Real), parts = eights * 8 / width;
  Part sum[L][parts];
  for (Index l = 0; l < L; ++l) {
    const Real* const gradient = gradients.of[lane + l] + j;
    for (Index part = 0; part < parts; ++part)
      sum[l][part] = gradients.starts ? Part::zero() : Part::load(gradient + part * width);
    for (Index eight = 0; eight < eights; ++eight) {
      fetch(gradient + piece_columns + eight * 8);
      if (ahead.x) fetch(ahead.x[lane + l] + j + eight * 8);
    }
  }
  const std::byte* at = rows.data + (j - offset) * sizeof(Real);
  const std::byte* next = at + piece_columns * sizeof(Real) + line * 64;
  const Real* slopes = gradients.slopes + lane * rows.count;
  const auto add_row = [&](auto fetches_ahead, const std::byte* other) {
    for (int n = 0; n < lines; ++n) {
      fetch(next + n * 64);
      if constexpr (fetches_ahead) fetch(other + n * 64);
    }
    Part slope[L];
    for (Index l = 0; l < L; ++l) slope[l] = Part::of(slopes[l * rows.count]);
    for (Index part = 0; part < parts; ++part) {
      const Part value = Part::load_once(reinterpret_cast<const Real*>(at) + part * width);
      for (Index l = 0; l < L; ++l) sum[l][part].add_product(slope[l], value);
    }
    at += rows.stride;
    next += rows.stride;
    ++slopes;
  };
  const Block& coming = *ahead.block;
  const Index both = lines > 0 && ahead.x ? std::min(rows.count, coming.count) : 0;
  if (coming.rows) {
    for (Index i = 0; i < both; ++i) add_row(std::true_type(), coming.rows[i] + ahead.byte + line * 64);
  } else {
    const std::byte* other = both > 0 ? coming.data + ahead.byte + line * 64 : nullptr;
#pragma GCC unroll 4
    for (Index i = 0; i < both; ++i, other += coming.stride) add_row(std::true_type(), other);
  }
#pragma GCC unroll 4
  for (Index i = both; i < rows.count; ++i) add_row(std::false_type(), nullptr);
  Real* const* const to = gradients.total ? gradients.total : gradients.of;
  for (Index l = 0; l < L; ++l)
    for (Index part = 0; part < parts; ++part) {
      Real* const place = to[lane + l] + j + part * width;
      if (gradients.total) sum[l][part].add_product(Part::of(1), Part::load(place));
      sum[l][part].store(place);
    }
}

/// gradient of lane += Σ_i slopes[lane][i]·row i on a span.
HWY_INLINE void add_lanes(const Block& rows, Index offset, const Gradients& gradients, Index lanes, Index begin,
                          Index end, Ahead ahead, Index bytes_ahead) {
  for (Index j = begin; j < end; j += piece_columns, ahead.byte += bytes_ahead)
    for (Index l = 0; l < lanes; l += gradient_tile)
      with_constant<gradient_tile>(lanes - l, [&]<Index L>(std::integral_constant<Index, L>) {
        if (j + piece_columns > end)
          add_columns<L, 1, 0>(rows, offset, gradients, l, j, 0, ahead);
        else if (lanes <= gradient_tile)
          add_columns<L, 2, 2>(rows, offset, gradients, l, j, 0, ahead);
        else if (l <= gradient_tile)
          add_columns<L, 2, 1>(rows, offset, gradients, l, j, l / gradient_tile, ahead);
        else
          add_columns<L, 2, 0>(rows, offset, gradients, l, j, 0, ahead);
      });
}

template <class T>
HWY_INLINE void widen(const T* from, Index count, Real* to) {
  for (Index j = 0; j < count; j += 8) Eight::load(from + j).store(to + j);
}

/// Room for `count` numbers, from the beginning of a cache line.
HWY_INLINE Real* room(std::vector<Real>& memory, Index count) {
  memory.resize(std::max<std::size_t>(memory.size(), count + 8));
  const std::uintptr_t behind = reinterpret_cast<std::uintptr_t>(memory.data()) % 64;
  return memory.data() + (64 - behind) % 64 / sizeof(Real);
}

/// Whether a span of a block is what the loops over rows take: float64, rows at one distance.
template <class T>
bool is_plain(const Block& block) {
  return std::is_same_v<T, Real> && !block.rows;
}

/// The span [begin, end) of a block as float64, one row behind the other, in `made`.
template <class T>
Block gathered(const Block& block, Index begin, Index end, std::vector<Real>& made) {
  constexpr Index stride = span_columns + 8;  // a power of two would put all rows into the same places of the cache
  Real* const rows = room(made, block.count * stride);
  for (Index i = 0; i < block.count; ++i) widen(row<T>(block, i) + begin, end - begin, rows + i * stride);
  return {reinterpret_cast<const std::byte*>(rows), block.count, stride * sizeof(Real)};
}

template <class T>
void sweep(const Block& add, const Gradients& gradients, const Block& dot, Index begin, Index end,
           const SweepLanes& lanes, Real* sums) {
  static thread_local std::vector<Real> made, partial;
  Real* const partial_sums = room(partial, dot.count * lanes.groups * 8);
  for (Index tile = begin; tile < end; tile += tile_columns) {
    const Index tile_end = std::min(end, tile + tile_columns);
    for (Index at = tile; at < tile_end; at += span_columns) {
      const Index stop = std::min(tile_end, at + span_columns);
      if (add.count > 0) {
        const Ahead ahead{&dot, at * sizeof(T), dot.count > 0 ? lanes.x : nullptr};
        const Block rows = is_plain<T>(add) ? add : gathered<T>(add, at, stop, made);
        add_lanes(rows, is_plain<T>(add) ? 0 : at, gradients, lanes.groups, at, stop, ahead, piece_columns * sizeof(T));
      }
      if (dot.count > 0) {
        const Block rows = is_plain<T>(dot) ? dot : gathered<T>(dot, at, stop, made);
        dot_lanes(rows, is_plain<T>(dot) ? 0 : at, lanes.x, lanes.groups, at, stop, at == tile, partial_sums);
      }
    }
    for (Index n = 0; n < lanes.groups * dot.count; ++n) sums[n] += total(Eight::load(partial_sums + n * 8));
  }
}

void ManyLanes(const Block& add, const SweepRows& added, const Block& dot, Index begin, Index end, Storage storage,
               const SweepLanes& lanes, Real* sums) {
  const Gradients gradients{added.slopes, lanes.gradient, added.starts, added.total};
  const Index stop = (end + 7) / 8 * 8;
  switch (storage) {
    case Storage::float32:
      return sweep<float>(add, gradients, dot, begin, stop, lanes, sums);
    case Storage::float16:
      return sweep<Half>(add, gradients, dot, begin, stop, lanes, sums);
    case Storage::int8:
      return sweep<std::int8_t>(add, gradients, dot, begin, stop, lanes, sums);
    default:
      return sweep<Real>(add, gradients, dot, begin, stop, lanes, sums);
  }
}

}  // namespace tightrope::sweeps::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tightrope::sweeps {

HWY_EXPORT(ManyLanes);

void many_lanes(const Block& add, const SweepRows& added, const Block& dot, Index begin, Index end, Storage storage,
                const SweepLanes& lanes, Real* sums) {
  HWY_DYNAMIC_DISPATCH(ManyLanes)(add, added, dot, begin, end, storage, lanes, sums);
}

}  // namespace tightrope::sweeps
#endif
