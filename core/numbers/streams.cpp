#include "core/numbers/streams.hpp"

#include <Random123/philox.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/base/digest.hpp"
#include "core/base/limits.hpp"
#include "core/numbers/kernels/stream_kernels.hpp"

namespace tightrope {

static_assert(std::endian::native == std::endian::little, "streams of bytes are little-endian");

namespace {

std::uint32_t hex_word(const std::string& digest, std::size_t word) {
  return static_cast<std::uint32_t>(std::stoul(digest.substr(8 * word, 8), nullptr, 16));
}

__extension__ using Wide = unsigned __int128;

/// 53 random bits in the middle of 2^53 equal cells of (0, 1): never 0, never 1.
Real to_uniform(std::uint64_t word) { return (static_cast<Real>(word >> 11) + 0.5) * 0x1p-53; }

/// Natural logarithm for 0 < x < 1 from the four operations alone, |relative error| < 3e-16: x = 2^e·m with
/// m ∈ [√½, √2), ln m = 2 artanh(s), s = (m − 1)/(m + 1), by its series.
Real logarithm(Real x) {
  int exponent = 0;
  Real m = std::frexp(x, &exponent);
  if (m < streams::root_half) {
    m *= 2;
    --exponent;
  }
  const Real s = (m - 1) / (m + 1), q = s * s;
  Real sum = 0;
  for (int k = streams::last_term; k >= 1; k -= 2) sum = sum * q + 1.0 / k;
  return exponent * streams::ln2_high + (2 * s * sum + exponent * streams::ln2_low);
}

template <std::size_t N>
Real polynomial(const Real (&coefficients)[N], Real x) {
  Real sum = coefficients[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

}  // namespace

Real inverse_normal_distribution(Real p) {
  using namespace streams;
  const Real q = p - 0.5;
  if (std::abs(q) <= centre) {
    const Real r = centre_squared - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  Real r = std::sqrt(-logarithm(q < 0 ? p : 1 - p));
  Real x = 0;
  if (r <= 5) {
    r -= 1.6;
    x = polynomial(c, r) / polynomial(d, r);
  } else {
    r -= 5;
    x = polynomial(e, r) / polynomial(f, r);
  }
  return q < 0 ? -x : x;
}

Stream::Stream(std::uint64_t seed, std::string_view path) : seed_(seed), path_(path) {
  const std::string digest = sha256(std::to_string(seed) + ":" + path_);
  for (std::size_t i = 0; i < 2; ++i) {
    key_[i] = hex_word(digest, i);
    salt_[i] = hex_word(digest, 2 + i);
  }
}

Stream Stream::child(std::string_view name) const { return Stream(seed_, path_ + "/" + std::string(name)); }

std::uint64_t Stream::word(std::uint64_t i) const {
  const std::uint64_t block = i / 2;
  const r123::Philox4x32::ctr_type counter{
      {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), salt_[0], salt_[1]}};
  const r123::Philox4x32::key_type key{{key_[0], key_[1]}};
  const auto out = r123::Philox4x32{}(counter, key);
  const std::size_t half = 2 * (i % 2);
  return std::uint64_t{out[half]} | std::uint64_t{out[half + 1]} << 32;
}

Real Stream::uniform(std::uint64_t i) const { return to_uniform(word(i)); }
Real Stream::normal(std::uint64_t i) const { return inverse_normal_distribution(uniform(i)); }

void Stream::fill_uniform(std::uint64_t first, std::span<Real> out) const {
  streams::fill_uniform({{key_[0], key_[1]}, {salt_[0], salt_[1]}}, first, out);
}

void Stream::fill_normal(std::uint64_t first, std::span<Real> out) const {
  streams::fill_normal({{key_[0], key_[1]}, {salt_[0], salt_[1]}}, first, out);
}

void Stream::fill_bytes(std::uint64_t first, std::span<std::uint8_t> out) const {
  std::uint64_t words[64];
  for (std::size_t done = 0; done < out.size(); done += sizeof words) {
    const std::size_t count = std::min(sizeof words, out.size() - done);
    streams::fill_words({{key_[0], key_[1]}, {salt_[0], salt_[1]}}, (first + done) / 8, {words, (count + 7) / 8});
    std::memcpy(out.data() + done, words, count);  // lowest byte first: little-endian machines only
  }
}

Mat Stream::normal_matrix(Index rows, Index cols) const {
  require_memory(
      static_cast<long double>(sizeof(Real)) * static_cast<long double>(rows) * static_cast<long double>(cols),
      fmt::format("a {} × {} matrix of random numbers", rows, cols));
  Mat result(rows, cols);
  fill_normal(0, {result.memptr(), result.n_elem});
  return result;
}

// Floyd's algorithm (Bentley & Floyd, Comm. ACM 30, 1987): for j = size − count, …, size − 1 take a random index of 0 …
// j, or j itself if that one is taken already. What is taken is a bit for each index where these are few enough.
std::vector<Index> Stream::sample(Index size, Index count) const {
  if (count > size) throw std::logic_error("Stream::sample: more indices than there are");
  const bool by_bits = size <= Index{1} << 27U || size / 16 <= count;
  require_memory((by_bits ? static_cast<long double>(size) / 8 : 16.2L * static_cast<long double>(count)) +
                     static_cast<long double>(sizeof(Index)) * static_cast<long double>(count),
                 fmt::format("drawing {} of {} indices", count, size), "draw fewer");
  if (!by_bits) return sample_by_sorting(size, count);
  std::vector<std::uint64_t> taken(size / 64 + 1);
  const auto bit = [](Index i) { return std::uint64_t{1} << i % 64; };
  draw_below(size - count, size, [&](Index j, Index t) {
    const Index chosen = taken[t / 64] & bit(t) ? j : t;
    taken[chosen / 64] |= bit(chosen);
  });
  std::vector<Index> result;
  result.reserve(count);
  for (Index block = 0; block < taken.size(); ++block)
    for (std::uint64_t rest = taken[block]; rest != 0; rest &= rest - 1)
      result.push_back(64 * block + static_cast<Index>(std::countr_zero(rest)));
  return result;
}

/// work(j, t) for first ≤ j < end, in this order, t uniform in 0 … j.
template <class Work>
void Stream::draw_below(Index first, Index end, const Work& work) const {
  constexpr Index most = 1024, exact = Index{1} << 53U;  // beyond, uniform() has too few bits
  Real uniforms[most];
  Index j = first;
  for (Index count = 0; j < std::min(end, exact); j += count) {
    count = std::min({most, end - j, exact - j});
    fill_uniform(j, {uniforms, count});
    for (Index i = 0; i < count; ++i)
      work(j + i, std::min(static_cast<Index>(uniforms[i] * static_cast<Real>(j + i + 1)), j + i));
  }
  for (; j < end; ++j) work(j, static_cast<Index>((static_cast<Wide>(word(j)) * (j + 1)) >> 64U));
}

/// The same indices in 24 bytes each, without looking anything up at random: all draws are sorted, which brings those
/// of the same index t together. The first of them takes t, unless j = t has taken it in place of what it drew; the
/// others take their j. What j = t drew is at most t, so that this is settled when the draws of t have their turn.
std::vector<Index> Stream::sample_by_sorting(Index size, Index count) const {
  struct Draw {
    Index t, j;
    bool operator<(const Draw& other) const { return t != other.t ? t < other.t : j < other.j; }
  };
  const Index begin = size - count, parts = count / 4096 + 1, width = size / parts + 1;
  std::vector<Index> next(parts + 1, 0), result;
  draw_below(begin, size, [&](Index, Index t) { ++next[t / width + 1]; });
  for (Index part = 0; part < parts; ++part) next[part + 1] += next[part];
  {
    std::vector<Draw> draws(count);
    std::vector<bool> replaced(count, false);  // j took itself
    draw_below(begin, size, [&](Index j, Index t) { draws[next[t / width]++] = {t, j}; });
    result.reserve(count);
    for (Index part = 0, first = 0; part < parts; first = next[part++]) {
      std::sort(draws.begin() + static_cast<long>(first), draws.begin() + static_cast<long>(next[part]));
      for (Index i = first; i < next[part]; ++i) {
        const auto [t, j] = draws[i];
        const bool is_first = i == first || draws[i - 1].t != t;
        if (is_first && !(t >= begin && replaced[t - begin]))
          result.push_back(t);
        else
          replaced[j - begin] = true;
      }
    }
    const std::size_t drawn = result.size();
    for (Index j = 0; j < count; ++j)
      if (replaced[j]) result.push_back(begin + j);
    const auto middle = result.begin() + static_cast<long>(drawn);
    std::inplace_merge(std::lower_bound(result.begin(), middle, begin), middle, result.end());
  }
  return result;
}

}  // namespace tightrope
