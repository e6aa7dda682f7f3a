#include "core/report/text.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/text/utf8.hpp"
#include "core/claims/claim.hpp"

namespace tightrope {

namespace {

/// Of one letter, in multiples of the font size, as in a wide font (DejaVu Sans).
Real width_of(const std::string& letter) {
  if (letter.size() >= 3) {  // superscripts, signs; what lies beyond are mostly the square letters of East Asia
    if (letter == "⁰" || (letter >= "⁴" && letter <= "⁻")) return 0.46;
    return letter < "\u2e80" ? 1.0 : 1.05;
  }
  if (letter.size() == 2) return letter == "¹" || letter == "²" || letter == "³" ? 0.46 : letter == "·" ? 0.36 : 0.72;
  const char c = letter[0];
  if (std::string("iIjl|.,:;'!").find(c) != std::string::npos) return 0.35;
  if (std::string(" rtf()[]/-\\").find(c) != std::string::npos) return 0.43;
  if (std::string("mwMW@%+=<>").find(c) != std::string::npos) return 1.0;
  return c >= 'A' && c <= 'Z' ? 0.76 : 0.64;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::string plain(const std::string& text, std::size_t most) {
  std::string out;
  std::size_t shown = 0;
  for (const std::string& letter : characters_of(text)) {
    const bool is_control = utf8_length(letter) > 0 && drives_terminal(utf8_character(letter));
    if (is_control && letter != "\n" && letter != "\t") continue;
    out += shown == most ? "…" : letter;
    if (shown++ == most) break;
  }
  return out;
}

std::string escaped(const std::string& text, std::size_t most) {
  static const std::map<char, std::string> entities = {
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
  std::string out;
  for (const char c : plain(text, most)) {
    const auto entity = entities.find(c);
    out += entity == entities.end() ? std::string(1, c) : entity->second;
  }
  return out;
}

std::string worded(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  for (const auto& [from, to] : {std::pair{"<=", "≤"}, std::pair{">=", "≥"}})
    for (std::size_t at = 0; (at = name.find(from, at)) != std::string::npos;) name.replace(at, 2, to);
  return name;
}

Real text_width(const std::string& text, Real font_size) {
  Real width = 0;
  for (const std::string& letter : characters_of(text)) width += width_of(letter);
  return width * font_size;
}

std::string fitted(const std::string& text, Real width, Real font_size) {
  const std::string whole = plain(text);
  if (text_width(whole, font_size) <= width) return whole;
  std::string out;
  Real left = width / font_size - width_of("…");
  for (const std::string& letter : characters_of(whole)) {
    left -= width_of(letter);
    if (left < 0) break;
    out += letter;
  }
  return out + "…";
}

std::vector<std::string> in_lines(const std::string& text, Real width, Real font_size) {
  const std::string whole = plain(text);
  if (text_width(whole, font_size) <= width) return {whole};
  for (const std::string separator : {" · ", " "}) {
    // The last place at which the first line still fits.
    std::size_t at = std::string::npos;
    for (std::size_t next = whole.find(separator); next != std::string::npos; next = whole.find(separator, next + 1))
      if (text_width(whole.substr(0, next), font_size) <= width) at = next;
    if (at != std::string::npos)
      return {whole.substr(0, at), fitted(whole.substr(at + separator.size()), width, font_size)};
  }
  return {fitted(whole, width, font_size)};
}

std::string with_unit(const std::string& name, const std::string& unit) {
  return unit.empty() ? name : name + " (" + unit + ")";
}

std::string capitalised(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string sentence(const std::string& text) {
  // A name such as relative_error or sigma_1 is called so and not otherwise.
  const bool is_name = text.substr(0, text.find(' ')).find('_') != std::string::npos;
  return (is_name ? text : capitalised(text)) + ".";
}

std::string power_of_ten(int exponent) {
  if (exponent == 0 || exponent == 1) return exponent == 0 ? "1" : "10";
  static constexpr std::array<const char*, 10> digits = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "10⁻" : "10";
  for (const char digit : std::to_string(std::abs(exponent))) text += digits[static_cast<std::size_t>(digit - '0')];
  return text;
}

std::string tick_number(Real value) {
  const std::string text = fmt::format("{:.6g}", value + 0.0);  // no "-0"
  const auto e = text.find('e');
  if (e == std::string::npos) return text;
  const std::string mantissa = text.substr(0, e), power = power_of_ten(std::stoi(text.substr(e + 1)));
  return mantissa == "1" ? power : mantissa + "·" + power;
}

std::string formula(const std::string& text) {
  const std::string source = escaped(text);
  std::string html;
  for (std::size_t i = 0; i < source.size(); ++i) {
    std::size_t end = i + 1;
    while (end < source.size() && is_word(source[end])) ++end;
    if (source[i] == '_' && i > 0 && !is_word(source[i - 1]) && end > i + 1) {
      html += "<sub>" + source.substr(i + 1, end - i - 1) + "</sub>";
      i = end - 1;
    } else {
      html += source[i];
    }
  }
  return html;
}

std::string name_of(const std::map<std::string, std::string>& labels) {
  std::string text, repetition;
  if (const auto method = labels.find("method"); method != labels.end()) text = method->second;
  for (const auto& [label, value] : labels) {
    if (label == "method") continue;
    (label == repetition_label ? repetition : text) +=
        (text.empty() && label != repetition_label ? "" : ", ") + worded(label) + " " + value;
  }
  return text.empty() && !repetition.empty() ? repetition.substr(2) : text + repetition;
}

std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

std::string safe_id(std::string text) {
  for (char& c : text)
    if (!is_word(c) && c != '-' && c != '_') c = '_';
  return text.substr(0, 80);
}

}  // namespace tightrope
