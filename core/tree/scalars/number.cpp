// Numbers and truth values of YAML: what a scalar says, and the shortest text of a number.
#include <algorithm>
#include <array>
#include <charconv>

#include "core/tree/scalars/scalar.hpp"

namespace tightrope {

namespace {

constexpr long exponent_cap = 100'000;

/// Takes the leading digits off the text.
std::string_view take_digits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

/// Null if the text is not a decimal number. Leading zeros are refused: elsewhere they mean octal.
std::optional<Decimal> split_decimal(std::string_view text) {
  Decimal decimal;
  if (text.starts_with('+') || text.starts_with('-')) {
    (text.front() == '+' ? decimal.plus : decimal.minus) = true;
    text.remove_prefix(1);
  }
  decimal.integer = take_digits(text);
  if (decimal.integer.size() > 1 && decimal.integer.front() == '0') return std::nullopt;
  if (text.starts_with('.')) {
    decimal.point = true;
    text.remove_prefix(1);
    decimal.fraction = take_digits(text);
  }
  if (decimal.integer.empty() && decimal.fraction.empty()) return std::nullopt;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const std::string_view digits = take_digits(text);
    if (digits.empty()) return std::nullopt;
    for (const char digit : digits) decimal.exponent = std::min(exponent_cap, 10 * decimal.exponent + (digit - '0'));
    if (negative) decimal.exponent = -decimal.exponent;
  }
  return text.empty() ? std::optional(decimal) : std::nullopt;
}

}  // namespace

std::optional<Decimal> plain_decimal(const Node& node) {
  if (!node.is_scalar() || node.quoted) return std::nullopt;
  return split_decimal(node.scalar);
}

std::optional<double> to_real(const Node& node) {
  const auto decimal = plain_decimal(node);
  if (!decimal) return std::nullopt;
  const std::string_view text = std::string_view(node.scalar).substr(decimal->plus ? 1 : 0);
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()) return value;
  // Out of range at one end or the other; what is too small is zero.
  const bool below_one = decimal->integer.empty() || decimal->integer == "0";
  const std::size_t zeros = std::min(decimal->fraction.find_first_not_of('0'), decimal->fraction.size());
  const long magnitude =
      decimal->exponent + (below_one ? -static_cast<long>(zeros) : static_cast<long>(decimal->integer.size()));
  if (magnitude > 0) return std::nullopt;
  return decimal->minus ? -0.0 : 0.0;
}

std::optional<std::uint64_t> to_index(const Node& node) {
  constexpr std::uint64_t largest = std::uint64_t{1} << 53U;
  constexpr std::size_t most_digits = 16;
  const auto decimal = plain_decimal(node);
  if (!decimal) return std::nullopt;
  // Exactly, on the digits: digits · 10^shift.
  std::string digits = std::string(decimal->integer) + std::string(decimal->fraction);
  long shift = decimal->exponent - static_cast<long>(decimal->fraction.size());
  for (; !digits.empty() && digits.back() == '0'; ++shift) digits.pop_back();
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty()) return 0;
  if (decimal->minus || shift < 0 || digits.size() + static_cast<std::size_t>(shift) > most_digits) return std::nullopt;
  digits.append(static_cast<std::size_t>(shift), '0');
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value <= largest ? std::optional(value) : std::nullopt;
}

std::optional<bool> to_bool(const Node& node) {
  if (!node.is_scalar() || node.quoted || (node.scalar != "true" && node.scalar != "false")) return std::nullopt;
  return node.scalar == "true";
}

std::string shortest(double value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  std::string text(buffer.data(), end);
  // The library writes 1e-04 and 1e+20 for 1e-4 and 1e20.
  if (const auto e = text.find('e'); e != std::string::npos) {
    if (text[e + 1] == '+') text.erase(e + 1, 1);
    const std::size_t first_digit = e + (text[e + 1] == '-' ? 2 : 1);
    text.erase(first_digit, text.find_first_not_of('0', first_digit) - first_digit);
  }
  return text;
}

}  // namespace tightrope
