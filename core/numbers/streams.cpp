#include "core/numbers/streams.hpp"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/store/arrays.hpp"

namespace tightrope {

namespace {

std::uint32_t hex_word(const std::string& digest, std::size_t word) {
  return static_cast<std::uint32_t>(std::stoul(digest.substr(8 * word, 8), nullptr, 16));
}

/// 53 random bits in the middle of 2^53 equal cells of (0, 1): never 0, never 1.
Real to_uniform(std::uint64_t word) { return (static_cast<Real>(word >> 11) + 0.5) * 0x1p-53; }

/// Natural logarithm for 0 < x < 1 from the four operations alone, |relative error| < 3e-16: x = 2^e·m with
/// m ∈ [√½, √2), ln m = 2 artanh(s), s = (m − 1)/(m + 1), by its series.
Real logarithm(Real x) {
  int exponent = 0;
  Real m = std::frexp(x, &exponent);
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const Real s = (m - 1) / (m + 1), q = s * s;
  Real sum = 0;
  for (int k = 25; k >= 1; k -= 2) sum = sum * q + 1.0 / k;
  constexpr Real ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45;  // their sum is ln 2 to 100 bits
  return exponent * ln2_high + (2 * s * sum + exponent * ln2_low);
}

template <std::size_t N>
Real polynomial(const Real (&coefficients)[N], Real x) {
  Real sum = coefficients[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

}  // namespace

Real inverse_normal_distribution(Real p) {
  // Coefficients of Wichura's PPND16.
  static constexpr Real a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                               1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr Real b[] = {1.0,
                               4.2313330701600911252e+1,
                               6.8718700749205790830e+2,
                               5.3941960214247511077e+3,
                               2.1213794301586595867e+4,
                               3.9307895800092710610e+4,
                               2.8729085735721942674e+4,
                               5.2264952788528545610e+3};
  static constexpr Real c[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                               3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr Real d[] = {1.0,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
  static constexpr Real e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                               2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr Real f[] = {1.0,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
  const Real q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const Real r = 0.180625 - q * q;
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
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = uniform(first + i);
}

void Stream::fill_normal(std::uint64_t first, std::span<Real> out) const {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = normal(first + i);
}

void Stream::fill_bytes(std::uint64_t first, std::span<std::uint8_t> out) const {
  for (std::size_t done = 0; done < out.size(); done += 8) {
    const std::uint64_t w = word((first + done) / 8);
    std::memcpy(out.data() + done, &w, std::min<std::size_t>(8, out.size() - done));
  }
}

Mat Stream::normal_matrix(Index rows, Index cols) const {
  Mat result(rows, cols);
  fill_normal(0, {result.memptr(), result.n_elem});
  return result;
}

std::vector<Index> Stream::sample(Index size, Index count) const {
  if (count > size) throw std::logic_error("Stream::sample: more indices than there are");
  std::vector<bool> taken(size, false);
  for (Index j = size - count; j < size; ++j) {
    const auto t = std::min(static_cast<Index>(uniform(j) * static_cast<Real>(j + 1)), j);
    taken[taken[t] ? j : t] = true;
  }
  std::vector<Index> result;
  result.reserve(count);
  for (Index i = 0; i < size; ++i)
    if (taken[i]) result.push_back(i);
  return result;
}

}  // namespace tightrope
