#include "core/base/text/readable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tightrope {

std::string number(double value, int digits) {
  if (std::isnan(value)) return "–";
  if (std::isinf(value)) return value > 0 ? "∞" : "-∞";
  const double size = std::abs(value);
  if (value == std::floor(value) && size < 1e7) return fmt::format("{:.0f}", value);
  return size >= 1e-2 && size < 1e4 ? fmt::format("{:.{}g}", value, std::max(digits, 4))
                                    : fmt::format("{:.{}e}", value, digits - 1);
}

std::string p_value(double p, int digits) {
  return p < 0.001 ? fmt::format("{:.{}e}", p, digits - 1) : fmt::format("{:.{}g}", p, digits);
}

std::string duration(double seconds) {
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 100) return fmt::format("{:.3g} s", seconds);
  if (seconds < 6000)
    return fmt::format("{:.0f} min {:02.0f} s", std::floor(seconds / 60), std::fmod(std::floor(seconds), 60));
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string grouped(std::size_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string counted(std::size_t count, const std::string& noun) {
  return fmt::format("{} {}{}", grouped(count), noun, count == 1 ? "" : noun.ends_with('s') ? "es" : "s");
}

}  // namespace tightrope
