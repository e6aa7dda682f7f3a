// The formulae of the random streams that their scalar and their vector versions share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/numbers/types.hpp"

namespace tightrope::streams {

/// What names a stream: the key of its Philox generator and the upper half of its counter.
struct Name {
  std::uint32_t key[2], salt[2];
};

/// Words, uniform and normal numbers first, first + 1, … of the stream: Stream::word, uniform and normal, bit for bit.
void fill_words(const Name& name, std::uint64_t first, std::span<std::uint64_t> out);
void fill_uniform(const Name& name, std::uint64_t first, std::span<Real> out);
void fill_normal(const Name& name, std::uint64_t first, std::span<Real> out);

// Wichura's PPND16: numerators and denominators for the centre (a, b), the tail (c, d) and the far tail (e, f).
inline constexpr Real a[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                              1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                              3.3430575583588128105e+4, 2.5090809287301226727e+3};
inline constexpr Real b[8] = {1.0,
                              4.2313330701600911252e+1,
                              6.8718700749205790830e+2,
                              5.3941960214247511077e+3,
                              2.1213794301586595867e+4,
                              3.9307895800092710610e+4,
                              2.8729085735721942674e+4,
                              5.2264952788528545610e+3};
inline constexpr Real c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                              3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                              2.27238449892691845833e-2, 7.74545014278341407640e-4};
inline constexpr Real d[8] = {1.0,
                              2.05319162663775882187e0,
                              1.67638483018380384940e0,
                              6.89767334985100004550e-1,
                              1.48103976427480074590e-1,
                              1.51986665636164571966e-2,
                              5.47593808499534494600e-4,
                              1.05075007164441684324e-9};
inline constexpr Real e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                              2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                              2.71155556874348757815e-5, 2.01033439929228813265e-7};
inline constexpr Real f[8] = {1.0,
                              5.99832206555887937690e-1,
                              1.36929880922735805310e-1,
                              1.48753612908506148525e-2,
                              7.86869131145613259100e-4,
                              1.84631831751005468180e-5,
                              1.42151175831644588870e-7,
                              2.04426310338993978564e-15};

/// In the centre |p − ½| ≤ centre the argument of the polynomials is centre² − (p − ½)².
inline constexpr Real centre = 0.425, centre_squared = 0.180625;
/// ln 2 = ln2_high + ln2_low to 100 bits.
inline constexpr Real ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45;
inline constexpr Real root_half = 0.70710678118654752;
inline constexpr int last_term = 25;  // of the series of artanh

}  // namespace tightrope::streams
