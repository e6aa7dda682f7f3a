#include "core/report/figures/maps/matrix_picture.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tightrope {

namespace {

/// Colour at t ∈ [0, 1]: lightness rises evenly in Ottosson's OKLab (2020) from a dark blue over green to a light
/// yellow, and chroma with it, never beyond what a screen shows: clipped colours would make steps that the data do not
/// have.
std::array<unsigned char, 3> colour(Real t) {
  t = std::clamp(t, 0.0, 1.0);
  const Real L = 0.22 + 0.72 * t, chroma = 0.06 + 0.055 * t, hue = (285 - 180 * t) * 3.14159265358979 / 180;
  const Real a = chroma * std::cos(hue), b = chroma * std::sin(hue);
  const auto cube = [](Real x) { return x * x * x; };
  const Real l = cube(L + 0.3963377774 * a + 0.2158037573 * b), m = cube(L - 0.1055613458 * a - 0.0638541728 * b),
             s = cube(L - 0.0894841775 * a - 1.2914855480 * b);
  const std::array<Real, 3> linear = {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
                                      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
                                      -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
  std::array<unsigned char, 3> rgb{};
  for (std::size_t i = 0; i < 3; ++i) {
    const Real x = std::clamp(linear[i], 0.0, 1.0);
    const Real encoded = x <= 0.0031308 ? 12.92 * x : 1.055 * std::pow(x, 1 / 2.4) - 0.055;
    rgb[i] = static_cast<unsigned char>(std::lround(255 * encoded));
  }
  return rgb;
}

void put(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

void chunk(std::string& png, const std::string& type, const std::string& data) {
  put(png, static_cast<std::uint32_t>(data.size()));
  const std::string body = type + data;
  png += body;
  put(png, static_cast<std::uint32_t>(
               crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
}

/// rows × cols pixels of 8-bit RGB; entry (i, j) of `unit` in [0, 1] is the pixel in row i, column j.
std::string png(const Mat& unit) {
  std::string raw;
  for (Index i = 0; i < unit.n_rows; ++i) {
    raw += '\0';
    for (Index j = 0; j < unit.n_cols; ++j)
      for (const unsigned char part : colour(unit(i, j))) raw += static_cast<char>(part);
  }
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::string packed(size, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(raw.data()),
            static_cast<uLong>(raw.size()), 9);
  packed.resize(size);
  std::string out = "\x89PNG\r\n\x1a\n", header;
  put(header, static_cast<std::uint32_t>(unit.n_cols));
  put(header, static_cast<std::uint32_t>(unit.n_rows));
  header += std::string("\x08\x02\x00\x00\x00", 5);
  chunk(out, "IHDR", header);
  chunk(out, "IDAT", packed);
  chunk(out, "IEND", "");
  return out;
}

}  // namespace

Mat block_means(const Mat& values) {
  const Index rows = std::min(values.n_rows, most_pixels), cols = std::min(values.n_cols, most_pixels);
  if (rows == values.n_rows && cols == values.n_cols) return values;
  Mat small(rows, cols);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j)
      small(i, j) = arma::mean(
          arma::vectorise(values.submat(i * values.n_rows / rows, j * values.n_cols / cols,
                                        (i + 1) * values.n_rows / rows - 1, (j + 1) * values.n_cols / cols - 1)));
  return small;
}

std::string heat_map_png(const Mat& values, Real low, Real high) {
  const Real range = high > low ? high - low : 1;
  return png((block_means(values) - low) / range);
}

std::string scale_colour(Real t) {
  const std::array<unsigned char, 3> rgb = colour(t);
  return fmt::format("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]);
}

std::string colour_bar_png() { return png(arma::linspace<arma::rowvec>(0, 1, 128)); }

}  // namespace tightrope
