#include "core/arrays/numerals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace tightrope {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<Real> converted(std::string_view text) {
  Real value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) return arma::datum::inf;
  return value;
}

/// Whether a float64 is the whole number that so many digits say.
bool holds(Real value, std::string_view digits) {
  constexpr std::size_t always_exact = 15;
  while (!digits.empty() && (digits.front() == '-' || digits.front() == '0')) digits.remove_prefix(1);
  return digits.size() <= always_exact || fmt::format("{:.0f}", std::abs(value)) == digits;
}

/// As std::from_chars wants it; empty if that is not possible.
std::string normalized(std::string_view text, bool decimal_comma, Numeral& numeral) {
  std::string out;
  bool has_exponent = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::string_view rest = text.substr(i + 1);
    if (is_digit(c)) {
      out += c;
    } else if (c == '.' || (c == ',' && decimal_comma)) {
      if (numeral.has_point || numeral.has_comma || has_exponent) return "";
      (c == '.' ? numeral.has_point : numeral.has_comma) = true;
      out += '.';
    } else if (!has_exponent && std::string_view("eEdDqQ").find(c) != std::string_view::npos) {
      has_exponent = true;
      numeral.fortran = c != 'e' && c != 'E';
      out += 'e';
    } else if (c == '+' || c == '-') {
      // The number's own sign, the exponent's, or that of an exponent without a letter.
      const bool own = i == 0, of_exponent = has_exponent && out.back() == 'e';
      const bool bare = !own && !has_exponent && (numeral.has_point || numeral.has_comma) && rest.size() == 3 &&
                        std::ranges::all_of(rest, is_digit) && rest.front() != '0';
      if (!own && !of_exponent && !bare) return "";
      if (bare) {
        has_exponent = numeral.fortran = true;
        out += 'e';
      }
      if (c == '-' || !own) out += c;
    } else {
      return "";
    }
  }
  return out;
}

}  // namespace

std::optional<Numeral> read_numeral(std::string_view text, bool decimal_comma) {
  Numeral numeral;
  std::optional<Real> value;
  if (text.find(',') == std::string_view::npos) value = converted(text);
  if (value) {
    numeral.has_point = text.find('.') != std::string_view::npos;
  } else {
    const std::string spelt = normalized(text, decimal_comma, numeral);
    if (!spelt.empty()) value = converted(spelt);
    if (!value) return std::nullopt;
  }
  numeral.value = *value;
  const bool is_whole = std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '-' || c == '+'; });
  if (is_whole) numeral.is_exact = holds(*value, text.starts_with('+') ? text.substr(1) : text);
  return numeral;
}

bool is_plain_integer(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

}  // namespace tightrope
