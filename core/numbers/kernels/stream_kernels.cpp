#include "core/numbers/kernels/stream_kernels.hpp"

#include <algorithm>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/numbers/kernels/stream_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include <Random123/philox.h>
#include <hwy/highway.h>

#include "core/numbers/streams.hpp"

HWY_BEFORE_NAMESPACE();
namespace tightrope::streams::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t portion = 256;  // numbers that are made at a time

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
using Words = hn::FixedTag<std::uint64_t, 4>;
using Reals = hn::FixedTag<Real, 4>;
using Integers = hn::FixedTag<std::int64_t, 4>;
using V = hn::Vec<Reals>;

/// `count` words (a multiple of 8) from block first_block on: four counters side by side, each 32-bit word in the lower
/// half of a lane. What the upper halves hold in between does not matter.
void philox(const Name& name, std::uint64_t first_block, std::size_t count, std::uint64_t* out) {
  const Words d;
  const hn::RepartitionToNarrow<Words> d32;
  const auto multiply = [&](hn::Vec<Words> a, std::uint64_t m) {
    return hn::MulEven(hn::BitCast(d32, a), hn::BitCast(d32, hn::Set(d, m)));
  };
  for (std::size_t done = 0; done < count; done += 8) {
    auto counter = hn::Add(hn::Iota(d, 0), hn::Set(d, first_block + done / 2));
    auto x0 = counter, x1 = hn::ShiftRight<32>(counter), x2 = hn::Set(d, std::uint64_t{name.salt[0]}),
         x3 = hn::Set(d, std::uint64_t{name.salt[1]});
    std::uint32_t k0 = name.key[0], k1 = name.key[1];
    for (int round = 0; round < 10; ++round, k0 += PHILOX_W32_0, k1 += PHILOX_W32_1) {
      const auto p0 = multiply(x0, PHILOX_M4x32_0), p1 = multiply(x2, PHILOX_M4x32_1);
      x0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), x1), hn::Set(d, std::uint64_t{k0}));
      x2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), x3), hn::Set(d, std::uint64_t{k1}));
      x1 = p1;
      x3 = p0;
    }
    const auto low = hn::Set(d, std::uint64_t{0xffffffff});
    const auto even = hn::Or(hn::And(x0, low), hn::ShiftLeft<32>(x1)),
               odd = hn::Or(hn::And(x2, low), hn::ShiftLeft<32>(x3));
    hn::StoreInterleaved2(even, odd, d, out + done);
  }
}

V polynomial(const Real (&coefficients)[8], V x) {
  V sum = hn::Set(Reals(), coefficients[7]);
  for (int i = 6; i >= 0; --i) sum = hn::Add(hn::Mul(sum, x), hn::Set(Reals(), coefficients[i]));
  return sum;
}

/// (w >> 11 + ½)·2^−53
V to_uniform(const std::uint64_t* words) {
  const auto bits = hn::BitCast(Integers(), hn::ShiftRight<11>(hn::LoadU(Words(), words)));
  return hn::Mul(hn::Add(hn::ConvertTo(Reals(), bits), hn::Set(Reals(), 0.5)), hn::Set(Reals(), 0x1p-53));
}

/// As the scalar version in streams.cpp, operation by operation.
V logarithm(V x) {
  const Reals d;
  const Integers i;
  const auto one = hn::Set(d, 1.0);
  const auto bits = hn::BitCast(i, x);
  auto exponent = hn::ConvertTo(d, hn::Sub(hn::ShiftRight<52>(bits), hn::Set(i, std::int64_t{1022})));
  auto m = hn::BitCast(d, hn::Or(hn::And(bits, hn::Set(i, std::int64_t{0x000fffffffffffff})),
                                 hn::Set(i, std::int64_t{0x3fe0000000000000})));
  const auto small = hn::Lt(m, hn::Set(d, root_half));
  m = hn::IfThenElse(small, hn::Mul(m, hn::Set(d, 2.0)), m);
  exponent = hn::IfThenElse(small, hn::Sub(exponent, one), exponent);
  const auto s = hn::Div(hn::Sub(m, one), hn::Add(m, one)), q = hn::Mul(s, s);
  auto sum = hn::Zero(d);
  for (int k = last_term; k >= 1; k -= 2) sum = hn::Add(hn::Mul(sum, q), hn::Set(d, 1.0 / k));
  return hn::Add(hn::Mul(exponent, hn::Set(d, ln2_high)),
                 hn::Add(hn::Mul(hn::Mul(hn::Set(d, 2.0), s), sum), hn::Mul(exponent, hn::Set(d, ln2_low))));
}

/// Four numbers of the tails |p − ½| > centre; a lane that may belong to the far tail is left to the scalar version.
void tails(const Real* p, const std::uint32_t* places, std::size_t count, Real* out) {
  const Reals d;
  const auto P = hn::LoadU(d, p), q = hn::Sub(P, hn::Set(d, 0.5));
  const auto below = hn::Lt(q, hn::Zero(d));
  const auto L = logarithm(hn::IfThenElse(below, P, hn::Sub(hn::Set(d, 1.0), P)));
  const auto distance = hn::Sqrt(hn::Neg(L)), r = hn::Sub(distance, hn::Set(d, 1.6));
  const auto x = hn::Div(polynomial(c, r), polynomial(streams::d, r));
  Real values[4], distances[4];
  hn::StoreU(hn::IfThenElse(below, hn::Neg(x), x), d, values);
  hn::StoreU(distance, d, distances);
  for (std::size_t l = 0; l < count; ++l)
    out[places[l]] = distances[l] < 5 ? values[l] : inverse_normal_distribution(p[l]);
}

void normals(const std::uint64_t* words, std::size_t count, Real* out) {
  const Reals d;
  Real far[portion + 4];
  std::uint32_t places[portion + 4];
  std::size_t waiting = 0;
  for (std::size_t j = 0; j < count; j += 4) {
    const auto p = to_uniform(words + j), q = hn::Sub(p, hn::Set(d, 0.5));
    const auto r = hn::Sub(hn::Set(d, centre_squared), hn::Mul(q, q));
    hn::StoreU(hn::Div(hn::Mul(q, polynomial(a, r)), polynomial(b, r)), d, out + j);
    const auto outside = hn::Gt(hn::Abs(q), hn::Set(d, centre));
    if (hn::AllFalse(d, outside)) continue;
    Real all[4];
    hn::StoreU(p, d, all);
    std::uint8_t mask[8] = {};
    hn::StoreMaskBits(d, outside, mask);
    for (std::uint32_t l = 0; l < 4; ++l)
      if ((mask[0] >> l) & 1U) {
        far[waiting] = all[l];
        places[waiting++] = static_cast<std::uint32_t>(j) + l;
      }
  }
  for (std::size_t l = waiting; l < waiting + 3; ++l) far[l] = 0.01;
  for (std::size_t l = 0; l < waiting; l += 4) tails(far + l, places + l, std::min<std::size_t>(4, waiting - l), out);
}

void uniforms(const std::uint64_t* words, std::size_t count, Real* out) {
  for (std::size_t j = 0; j < count; j += 4) hn::StoreU(to_uniform(words + j), Reals(), out + j);
}
#else
void philox(const Name& name, std::uint64_t first_block, std::size_t count, std::uint64_t* out) {
  for (std::size_t done = 0; done < count; done += 2) {
    const std::uint64_t block = first_block + done / 2;
    const auto x = r123::Philox4x32{}(
        {{static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), name.salt[0], name.salt[1]}},
        {{name.key[0], name.key[1]}});
    out[done] = std::uint64_t{x[0]} | std::uint64_t{x[1]} << 32;
    out[done + 1] = std::uint64_t{x[2]} | std::uint64_t{x[3]} << 32;
  }
}

void uniforms(const std::uint64_t* words, std::size_t count, Real* out) {
  for (std::size_t j = 0; j < count; ++j) out[j] = (static_cast<Real>(words[j] >> 11) + 0.5) * 0x1p-53;
}

void normals(const std::uint64_t* words, std::size_t count, Real* out) {
  uniforms(words, count, out);
  for (std::size_t j = 0; j < count; ++j) out[j] = inverse_normal_distribution(out[j]);
}
#endif

/// In portions: whole blocks of words, turned into numbers by convert(words, count, numbers); both counts are rounded
/// up to what the vectors need.
template <class T, class Convert>
void fill(const Name& name, std::uint64_t first, std::span<T> out, const Convert& convert) {
  std::uint64_t words[portion + 8];
  T numbers[portion + 8];
  for (std::size_t done = 0; done < out.size();) {
    const std::uint64_t at = first + done;
    const std::size_t skip = at % 2, count = std::min(portion, out.size() - done), converted = (count + 3) / 4 * 4,
                      made = (skip + converted + 7) / 8 * 8;
    philox(name, at / 2, made, words);
    if (made <= out.size() - done && skip == 0) {
      convert(words, count, out.data() + done);
    } else {
      convert(words + skip, converted, numbers);
      std::copy_n(numbers, count, out.data() + done);
    }
    done += count;
  }
}

void FillWords(const Name& name, std::uint64_t first, std::span<std::uint64_t> out) {
  fill(name, first, out,
       [](const std::uint64_t* words, std::size_t count, std::uint64_t* to) { std::copy_n(words, count, to); });
}
void FillUniform(const Name& name, std::uint64_t first, std::span<Real> out) { fill(name, first, out, uniforms); }
void FillNormal(const Name& name, std::uint64_t first, std::span<Real> out) { fill(name, first, out, normals); }

}  // namespace tightrope::streams::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tightrope::streams {

HWY_EXPORT(FillWords);
HWY_EXPORT(FillUniform);
HWY_EXPORT(FillNormal);

void fill_words(const Name& name, std::uint64_t first, std::span<std::uint64_t> out) {
  HWY_DYNAMIC_DISPATCH(FillWords)(name, first, out);
}
void fill_uniform(const Name& name, std::uint64_t first, std::span<Real> out) {
  HWY_DYNAMIC_DISPATCH(FillUniform)(name, first, out);
}
void fill_normal(const Name& name, std::uint64_t first, std::span<Real> out) {
  HWY_DYNAMIC_DISPATCH(FillNormal)(name, first, out);
}

}  // namespace tightrope::streams
#endif
