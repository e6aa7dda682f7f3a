// Sweeps of signs. Only additions, so every instruction set gives the same bits.
#include <algorithm>
#include <cstring>
#include <vector>

#include "core/numbers/kernels/sweeps.hpp"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/numbers/kernels/sign_sweeps.cpp"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tightrope::sweeps::HWY_NAMESPACE {

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

}  // namespace tightrope::sweeps::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tightrope::sweeps {

HWY_EXPORT(SignDot);
HWY_EXPORT(SignAdd);

void sign_dot(const std::uint8_t* bytes, std::uint64_t stride, Index rows, Index begin, Index end,
              const SweepLanes& lanes, Real* sums) {
  HWY_DYNAMIC_DISPATCH(SignDot)(bytes, stride, rows, begin, end, lanes, sums);
}

void sign_add(const std::uint8_t* bytes, std::uint64_t stride, Index rows, const Real* slopes, Index begin, Index end,
              const SweepLanes& lanes) {
  HWY_DYNAMIC_DISPATCH(SignAdd)(bytes, stride, rows, slopes, begin, end, lanes);
}

}  // namespace tightrope::sweeps
#endif
