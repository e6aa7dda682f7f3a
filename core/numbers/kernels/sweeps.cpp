#include "core/numbers/kernels/sweeps.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

// Older instruction sets have no fused multiply-add: they share one plain version with the same bits.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/numbers/kernels/sweeps.cpp"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include <hwy/cache_control.h>
#include <hwy/highway.h>

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
constexpr Index row_tile = 4, lane_tile = 4, gradient_tile = 8, span_columns = 256;
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
constexpr Index row_tile = 3, lane_tile = 4, gradient_tile = 3, span_columns = 192;
#else
/// A float16 number, by arithmetic.
Real from_half(std::uint16_t bits) {
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
constexpr Index row_tile = 1, lane_tile = 1, gradient_tile = 1, span_columns = 256;
#endif

/// The eight partial sums, added in a fixed tree.
HWY_INLINE Real total(const Eight& sums) {
  Real s[8];
  sums.store(s);
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

template <class T>
const T* row(const Block& block, Index i) {
  return reinterpret_cast<const T*>(block.data + i * block.stride);
}

// --- One lane ------------------------------------------------------------------------------------------------------

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
void one_lane(const Block& add, const Real* slopes, const Block& dot, Index begin, Index end, const Real* x,
              Real* gradient, Real* sums) {
  // Memory overlaps with arithmetic where a row to add and a row to come go together.
  const Index both = std::min(add.count, dot.count);
  one_lane_rows<T, true, true>(add, slopes, dot, 0, both, begin, end, x, gradient, sums);
  one_lane_rows<T, true, false>(add, slopes, dot, both, add.count, begin, end, x, gradient, sums);
  one_lane_rows<T, false, true>(add, slopes, dot, both, dot.count, begin, end, x, gradient, sums);
}

// --- Many lanes ----------------------------------------------------------------------------------------------------

// Inner products: a piece of the block, chunk_rows × span_columns entries, stays in the first-level cache while all
// lanes' x pass by. Gradients: a strip of columns of the block's rows does, while the lanes' gradients pass by.
constexpr Index chunk_rows = 12, strip_columns = 64;

/// Brings rows of bytes into the core's own cache, a few lines between one piece of arithmetic and the next: a burst of
/// them would stall it, and the processor itself does not foresee so many short runs.
class Fetch {
 public:
  Fetch() = default;
  /// The shares of `times` calls of some() cover everything.
  Fetch(const void* first, std::ptrdiff_t stride, Index rows, Index bytes, Index times)
      : row_(static_cast<const char*>(first)), stride_(stride), rows_(rows), lines_((bytes + 63) / 64) {
    share_ = (rows * lines_ + times - 1) / std::max<Index>(1, times);
  }
  HWY_INLINE void some() {
    for (Index n = 0; n < share_ && rows_ > 0; ++n) {
      __builtin_prefetch(row_ + 64 * line_, 0, 2);
      if (++line_ < lines_) continue;
      line_ = 0;
      row_ += stride_;
      --rows_;
    }
  }

 private:
  const char* row_ = nullptr;
  std::ptrdiff_t stride_ = 0;
  Index rows_ = 0, lines_ = 0, line_ = 0, share_ = 0;
};

/// The same columns of all lanes.
HWY_INLINE Fetch fetch_lanes(const Real* const* of, Index lanes, Index begin, Index end, Index times) {
  const std::ptrdiff_t stride =
      lanes > 1 ? reinterpret_cast<const char*>(of[1]) - reinterpret_cast<const char*>(of[0]) : 0;
  return {of[0] + begin, stride, lanes, (end - begin) * sizeof(Real), times};
}

/// The eight partial sums of R rows times L lanes on one span, held in registers. Meanwhile as many numbers of each of
/// the `fetched` rows in `fetch` are fetched, a line with every eight columns.
template <Index R, Index L, Index fetched>
HWY_INLINE void dot_span(const Block& rows, Index first_row, Index offset, const Real* const* x, Index begin, Index end,
                         bool fresh, const Real* const* fetch, Real* partial, Index lane_stride) {
  constexpr Index parts = sizeof(Eight) / sizeof(Part), width = 8 / parts;
  for (Index part = 0; part < parts; ++part) {
    const Real *a[R], *xs[L];
    for (Index l = 0; l < L; ++l) xs[l] = x[l] + part * width;
    for (Index r = 0; r < R; ++r) a[r] = row<Real>(rows, first_row + r) - offset + part * width;
    Part sum[L][R];
    Real* const place = partial + part * width;
    for (Index l = 0; l < L; ++l)
      for (Index r = 0; r < R; ++r) sum[l][r] = fresh ? Part::zero() : Part::load(place + l * lane_stride + r * 8);
    for (Index j = begin; j < end; j += 8) {
      if (part == 0)
        for (Index f = 0; f < fetched; ++f) __builtin_prefetch(fetch[f] + (j - begin), 0, 2);
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

/// work(how many as a constant) for how many = 1 … most.
template <Index most, class Work>
HWY_INLINE void with_constant(Index count, const Work& work) {
  if constexpr (most > 1)
    if (count < most) return with_constant<most - 1>(count, work);
  work(std::integral_constant<Index, most>());
}

/// sums[lane][row] += ⟨row, x of lane⟩ on one tile. Of the rows, `here` have been fetched.
HWY_INLINE void dot_lanes(const Block& rows, Index offset, const Real* const* x, Index lanes, Index begin, Index end,
                          Index here, Real* partial, Real* sums) {
  constexpr Index most = 3;  // rows fetched at a time
  const Index calls = (lanes + lane_tile - 1) / lane_tile * (rows.count / row_tile);
  for (Index at = begin; at < end; at += span_columns) {
    const Index stop = std::min(end, at + span_columns);
    // The next span: of the rows that are not here yet, and of the lanes.
    const Index wanted = stop < end ? rows.count - here + lanes : 0;
    const Index share = calls == 0 ? 0 : std::min(most, (wanted + calls - 1) / calls);
    Index fetched = 0;
    for (Index chunk = 0; chunk < rows.count; chunk += chunk_rows)
      for (Index l = 0; l < lanes; l += lane_tile)
        for (Index i = chunk, last = std::min(rows.count, chunk + chunk_rows); i < last; i += row_tile)
          with_constant<lane_tile>(lanes - l, [&]<Index L>(std::integral_constant<Index, L>) {
            const auto some = [&]<Index R, Index count>(std::integral_constant<Index, R>,
                                                        std::integral_constant<Index, count>) {
              const Real* fetch[most];
              for (Index f = 0; f < count; ++f, ++fetched)
                fetch[f] = fetched < rows.count - here ? row<Real>(rows, here + fetched) - offset + stop
                                                       : x[fetched - (rows.count - here)] + stop;
              dot_span<R, L, count>(rows, i, offset, x + l, at, stop, at == begin, fetch,
                                    partial + (l * rows.count + i) * 8, rows.count * 8);
            };
            constexpr std::integral_constant<Index, 0> none;
            constexpr std::integral_constant<Index, row_tile> tile;
            if (i + row_tile > last)
              with_constant<std::max<Index>(1, row_tile - 1)>(last - i, [&](auto rest) { some(rest, none); });
            else if (const Index count = std::min(share, wanted - fetched); count == 0)
              some(tile, none);
            else
              with_constant<most>(count, [&](auto constant) { some(tile, constant); });
          });
  }
  for (Index n = 0; n < lanes * rows.count; ++n) sums[n] += total(Eight::load(partial + n * 8));
}

/// gradient of lane += Σ_i slopes[lane][i]·row i on `eights` times eight columns from j on, for L lanes held in
/// registers.
template <Index L, Index eights>
HWY_INLINE void add_columns(const Block& rows, Index offset, const Real* slopes, Real* const* gradients, Index j) {
  constexpr Index width = sizeof(Part) / sizeof(Real), parts = eights * 8 / width;
  Part sum[L][parts];
  for (Index l = 0; l < L; ++l)
    for (Index part = 0; part < parts; ++part) sum[l][part] = Part::load(gradients[l] + j + part * width);
  const std::byte* at = rows.data + (j - offset) * sizeof(Real);
  for (Index i = 0; i < rows.count; ++i, at += rows.stride) {
    Part slope[L];
    for (Index l = 0; l < L; ++l) slope[l] = Part::of(slopes[l * rows.count + i]);
    for (Index part = 0; part < parts; ++part) {
      const Part value = Part::load_once(reinterpret_cast<const Real*>(at) + part * width);
      for (Index l = 0; l < L; ++l) sum[l][part].add_product(slope[l], value);
    }
  }
  for (Index l = 0; l < L; ++l)
    for (Index part = 0; part < parts; ++part) sum[l][part].store(gradients[l] + j + part * width);
}

/// gradient of lane += Σ_i slopes[lane][i]·row i on one tile. fetch_next(begin, end, times) says what else to fetch
/// along with the columns of a strip.
template <class FetchNext>
HWY_INLINE void add_lanes(const Block& rows, Index offset, const Real* slopes, Real* const* gradients, Index lanes,
                          Index begin, Index end, const FetchNext& fetch_next) {
  const Index calls = (lanes + gradient_tile - 1) / gradient_tile * (strip_columns / 16);
  for (Index at = begin; at < end; at += strip_columns) {
    const Index stop = std::min(end, at + strip_columns), next = std::min(end, stop + strip_columns);
    Fetch others = fetch_next(at, stop, calls), entries, matrices;
    if (next > stop) {
      entries = {row<Real>(rows, 0) + stop - offset, static_cast<std::ptrdiff_t>(rows.stride), rows.count,
                 (next - stop) * sizeof(Real), calls};
      matrices = fetch_lanes(gradients, lanes, stop, next, calls);
    }
    for (Index l = 0; l < lanes; l += gradient_tile)
      with_constant<gradient_tile>(lanes - l, [&]<Index L>(std::integral_constant<Index, L>) {
        for (Index j = at; j < stop; j += 16) {
          others.some();
          entries.some();
          matrices.some();
          if (j + 16 <= stop)
            add_columns<L, 2>(rows, offset, slopes + l * rows.count, gradients + l, j);
          else
            add_columns<L, 1>(rows, offset, slopes + l * rows.count, gradients + l, j);
        }
      });
  }
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

/// The tile [begin, end) of a block as float64: where it lies, or in `made`.
template <class T>
Block widened(const Block& block, Index begin, Index end, std::vector<Real>& made) {
  constexpr Index stride = tile_columns + 8;  // a power of two would put all rows into the same places of the cache
  Real* const rows = room(made, block.count * stride);
  for (Index i = 0; i < block.count; ++i) widen(row<T>(block, i) + begin, end - begin, rows + i * stride);
  return {reinterpret_cast<const std::byte*>(rows), block.count, stride * sizeof(Real)};
}

template <class T>
void many_lanes(const Block& add, const Real* slopes, const Block& dot, Index begin, Index end, const SweepLanes& lanes,
                Real* sums) {
  static thread_local std::vector<Real> made, partial;
  Real* const partial_sums = room(partial, dot.count * lanes.groups * 8);
  for (Index tile = begin; tile < end; tile += tile_columns) {
    const Index stop = std::min(end, tile + tile_columns);
    constexpr bool as_it_is = std::is_same_v<T, Real>;
    const Index offset = as_it_is ? 0 : tile;
    Index here = 0;
    if (add.count > 0) {
      // Half of the block that comes next is fetched here and the other half while its inner products are taken, so
      // that memory has something to do all the time. Its first span is fetched as a whole.
      here = as_it_is ? dot.count / 2 : dot.count;
      const Block rows = as_it_is ? add : widened<T>(add, tile, stop, made);
      add_lanes(rows, offset, slopes, lanes.gradient, lanes.groups, tile, stop,
                [&](Index from, Index to, Index times) -> Fetch {
                  if (dot.count == 0) return {};
                  return {row<T>(dot, 0) + from, static_cast<std::ptrdiff_t>(dot.stride),
                          from < tile + span_columns ? dot.count : here, (to - from) * sizeof(T), times};
                });
    }
    if (dot.count > 0) {
      const Block rows = as_it_is ? dot : widened<T>(dot, tile, stop, made);
      dot_lanes(rows, offset, lanes.x, lanes.groups, tile, stop, as_it_is ? here : dot.count, partial_sums, sums);
    }
  }
}

template <class T>
void plain_of(const Block& add, const Real* slopes, const Block& dot, Index begin, Index end, const SweepLanes& lanes,
              Real* sums) {
  const Index stop = (end + 7) / 8 * 8;
  if (lanes.groups == 1)
    one_lane<T>(add, slopes, dot, begin, stop, lanes.x[0], lanes.gradient[0], sums);
  else
    many_lanes<T>(add, slopes, dot, begin, stop, lanes, sums);
}

void Plain(const Block& add, const Real* slopes, const Block& dot, Index begin, Index end, Storage storage,
           const SweepLanes& lanes, Real* sums) {
  switch (storage) {
    case Storage::float32:
      return plain_of<float>(add, slopes, dot, begin, end, lanes, sums);
    case Storage::float16:
      return plain_of<Half>(add, slopes, dot, begin, end, lanes, sums);
    case Storage::int8:
      return plain_of<std::int8_t>(add, slopes, dot, begin, end, lanes, sums);
    default:
      return plain_of<Real>(add, slopes, dot, begin, end, lanes, sums);
  }
}

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

// --- Signs ---------------------------------------------------------------------------------------------------------
// Only additions, so every instruction set gives the same bits.

/// Four lanes side by side, of no more than Real's alignment.
struct Four {
  typedef Real Vector __attribute__((vector_size(4 * sizeof(Real))));
  Real v[4];
  Four& operator+=(const Four& other) {
    Vector a, b;
    std::memcpy(&a, v, sizeof a);
    std::memcpy(&b, other.v, sizeof b);
    a += b;
    std::memcpy(v, &a, sizeof a);
    return *this;
  }
  Four& operator-=(const Four& other) {
    Vector a, b;
    std::memcpy(&a, v, sizeof a);
    std::memcpy(&b, other.v, sizeof b);
    a -= b;
    std::memcpy(v, &a, sizeof a);
    return *this;
  }
  friend HWY_INLINE Four operator+(Four a, const Four& b) { return a += b; }
  friend HWY_INLINE Four operator-(Four a, const Four& b) { return a -= b; }
};

template <Index width>
struct Side;
template <>
struct Side<1> {
  using Type = Real;
};
template <>
struct Side<sign_lanes> {
  using Type = Four;
};

constexpr Index sign_tile = 2048;  // columns whose x or gradient stays in the first-level cache
constexpr Index codes = 256;

/// work(first group, how many as a constant): four at a time, which share what they load, then the rest one by one.
template <class Work>
HWY_INLINE void groups_of_four(Index groups, const Work& work) {
  Index g = 0;
  for (; g + 4 <= groups; g += 4) work(g, std::integral_constant<Index, 4>());
  for (; g < groups; ++g) work(g, std::integral_constant<Index, 1>());
}

/// buckets of a group += x_j at byte j, for groups of rows whose loads of x_j are shared.
template <class V, Index groups>
HWY_INLINE void fill_buckets(const std::uint8_t* bytes, std::uint64_t stride, Index begin, Index end, const V* x,
                             V* buckets) {
  Index j = begin;
  for (; j + 8 <= end; j += 8) {
    std::uint64_t eight[groups];
    for (Index g = 0; g < groups; ++g) std::memcpy(&eight[g], bytes + g * stride + j, 8);
    for (Index b = 0; b < 8; ++b) {
      const V value = x[j + b];
      for (Index g = 0; g < groups; ++g) {
        buckets[g * codes + (eight[g] & 255)] += value;
        eight[g] >>= 8;
      }
    }
  }
  for (; j < end; ++j)
    for (Index g = 0; g < groups; ++g) buckets[g * codes + bytes[g * stride + j]] += x[j];
}

/// sums[r] += Σ_codes ±buckets[code], + where bit r of the code is set. Destroys the buckets.
template <class V>
HWY_INLINE void combine_buckets(V* buckets, V* sums) {
  for (Index bit = sign_group; bit-- > 0;) {
    const Index half = Index{1} << bit;
    if (half >= 8) {
      V parts[8] = {};
      for (Index b = 0; b < half; b += 8)
        for (Index v = 0; v < 8; ++v) {
          parts[v] += buckets[b + v + half] - buckets[b + v];
          buckets[b + v] += buckets[b + v + half];
        }
      sums[bit] += ((parts[0] + parts[4]) + (parts[2] + parts[6])) + ((parts[1] + parts[5]) + (parts[3] + parts[7]));
    } else {
      V part = {};
      for (Index b = 0; b < half; ++b) {
        part += buckets[b + half] - buckets[b];
        buckets[b] += buckets[b + half];
      }
      sums[bit] += part;
    }
  }
}

template <Index width>
void sign_dot_of(const std::uint8_t* bytes, std::uint64_t stride, Index rows, Index begin, Index end,
                 const SweepLanes& lanes, Real* sums) {
  using V = typename Side<width>::Type;
  constexpr Index most = 8;  // groups of rows in a block
  const Index groups = (rows + sign_group - 1) / sign_group;
  static thread_local std::vector<Real> memory(most * codes * sign_lanes);
  V* const buckets = reinterpret_cast<V*>(memory.data());
  for (Index lane = 0; lane < lanes.groups; ++lane) {
    std::fill_n(memory.data(), groups * codes * width, 0.0);
    const V* x = reinterpret_cast<const V*>(lanes.x[lane]);
    for (Index tile = begin; tile < end; tile += sign_tile) {
      const Index stop = std::min(end, tile + sign_tile);
      groups_of_four(groups, [&]<Index some>(Index g, std::integral_constant<Index, some>) {
        fill_buckets<V, some>(bytes + g * stride, stride, tile, stop, x, buckets + g * codes);
      });
    }
    for (Index g = 0; g < groups; ++g) {
      V found[sign_group] = {};
      combine_buckets(buckets + g * codes, found);
      V* const out = reinterpret_cast<V*>(sums + lane * rows * width) + g * sign_group;
      for (Index r = 0; r < std::min(sign_group, rows - g * sign_group); ++r) out[r] += found[r];
    }
  }
}

/// gradient_j += table_1[byte_1j] + …, one table after another.
template <class V, Index groups>
HWY_INLINE void look_up(const std::uint8_t* bytes, std::uint64_t stride, const V* tables, Index begin, Index end,
                        V* gradient) {
  Index j = begin;
  for (; j + 8 <= end; j += 8) {
    std::uint64_t eight[groups];
    for (Index g = 0; g < groups; ++g) std::memcpy(&eight[g], bytes + g * stride + j, 8);
    for (Index b = 0; b < 8; ++b) {
      V sum = gradient[j + b];
      for (Index g = 0; g < groups; ++g) {
        sum += tables[g * codes + (eight[g] & 255)];
        eight[g] >>= 8;
      }
      gradient[j + b] = sum;
    }
  }
  for (; j < end; ++j)
    for (Index g = 0; g < groups; ++g) gradient[j] += tables[g * codes + bytes[g * stride + j]];
}

template <Index width>
void sign_add_of(const std::uint8_t* bytes, std::uint64_t stride, Index rows, const Real* slopes, Index begin,
                 Index end, const SweepLanes& lanes) {
  using V = typename Side<width>::Type;
  constexpr Index most = 8;
  const Index groups = (rows + sign_group - 1) / sign_group;
  static thread_local std::vector<Real> memory(most * codes * sign_lanes);
  V* const tables = reinterpret_cast<V*>(memory.data());
  for (Index lane = 0; lane < lanes.groups; ++lane) {
    const V* s = reinterpret_cast<const V*>(slopes + lane * rows * width);
    for (Index g = 0; g < groups; ++g) {
      V* const table = tables + g * codes;
      table[0] = V{};
      for (Index r = 0; r < sign_group; ++r) {
        const V slope = g * sign_group + r < rows ? s[g * sign_group + r] : V{};
        for (Index code = 0; code < Index{1} << r; ++code) {
          table[code + (Index{1} << r)] = table[code] + slope;
          table[code] = table[code] - slope;
        }
      }
    }
    V* const gradient = reinterpret_cast<V*>(lanes.gradient[lane]);
    for (Index tile = begin; tile < end; tile += sign_tile) {
      const Index stop = std::min(end, tile + sign_tile);
      groups_of_four(groups, [&]<Index some>(Index g, std::integral_constant<Index, some>) {
        look_up<V, some>(bytes + g * stride, stride, tables + g * codes, tile, stop, gradient);
      });
    }
  }
}

void SignDot(const std::uint8_t* bytes, std::uint64_t stride, Index rows, Index begin, Index end,
             const SweepLanes& lanes, Real* sums) {
  if (lanes.width == 1)
    sign_dot_of<1>(bytes, stride, rows, begin, end, lanes, sums);
  else
    sign_dot_of<sign_lanes>(bytes, stride, rows, begin, end, lanes, sums);
}

void SignAdd(const std::uint8_t* bytes, std::uint64_t stride, Index rows, const Real* slopes, Index begin, Index end,
             const SweepLanes& lanes) {
  if (lanes.width == 1)
    sign_add_of<1>(bytes, stride, rows, slopes, begin, end, lanes);
  else
    sign_add_of<sign_lanes>(bytes, stride, rows, slopes, begin, end, lanes);
}

const char* Name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace tightrope::sweeps::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tightrope::sweeps {

HWY_EXPORT(Plain);
HWY_EXPORT(Decode);
HWY_EXPORT(SignDot);
HWY_EXPORT(SignAdd);
HWY_EXPORT(Name);

void plain(const Block& add, const Real* slopes, const Block& dot, Index begin, Index end, Storage storage,
           const SweepLanes& lanes, Real* sums) {
  HWY_DYNAMIC_DISPATCH(Plain)(add, slopes, dot, begin, end, storage, lanes, sums);
}

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

void sign_dot(const std::uint8_t* bytes, std::uint64_t stride, Index rows, Index begin, Index end,
              const SweepLanes& lanes, Real* sums) {
  HWY_DYNAMIC_DISPATCH(SignDot)(bytes, stride, rows, begin, end, lanes, sums);
}

void sign_add(const std::uint8_t* bytes, std::uint64_t stride, Index rows, const Real* slopes, Index begin, Index end,
              const SweepLanes& lanes) {
  HWY_DYNAMIC_DISPATCH(SignAdd)(bytes, stride, rows, slopes, begin, end, lanes);
}

const char* instruction_set() { return HWY_DYNAMIC_DISPATCH(Name)(); }

}  // namespace tightrope::sweeps
#endif
