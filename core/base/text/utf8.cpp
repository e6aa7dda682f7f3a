#include "core/base/text/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace tightrope {

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) > 0x9F;
  const bool too_large = first == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

std::size_t utf8_count(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

char32_t utf8_character(std::string_view text) {
  const std::size_t length = utf8_length(text);
  const auto first = static_cast<unsigned char>(text[0]);
  char32_t character = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i)
    character = (character << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return character;
}

std::vector<std::string> characters_of(std::string_view text) {
  std::vector<std::string> characters;
  for (std::size_t i = 0; i < text.size(); i += characters.back().size())
    characters.emplace_back(text.substr(i, std::max<std::size_t>(utf8_length(text.substr(i)), 1)));
  return characters;
}

bool drives_terminal(char32_t character) {
  constexpr char32_t marks[] = {0x61C,  0x200E, 0x200F, 0x202A, 0x202B, 0x202C,
                                0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069};
  return character < 0x20 || (character >= 0x7F && character < 0xA0) ||
         std::find(std::begin(marks), std::end(marks), character) != std::end(marks);
}

std::string escape_bytes(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    const auto byte = static_cast<unsigned char>(text[i]);
    if (length == 0)
      out += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
    else
      out += text.substr(i, length);
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string unescape_bytes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* const digits = text.data() + i + 2;
    // Only what is no ASCII was written so.
    if (text.substr(i).starts_with("\\x") && i + 4 <= text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2 && byte >= 0x80) {
      out += static_cast<char>(byte);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool names_folder(std::string_view text) {
  // Beyond ASCII: C1 controls and blanks, soft hyphen, marks and controls of direction, invisible characters, private
  // use, and what is no character (Unicode 15, categories Cc, Cf, Co, Cn of the kind FFFE, Zs, Zl, Zp).
  struct Span {
    char32_t first, last;
  };
  constexpr Span refused[] = {
      {0x80, 0xA0},     {0xAD, 0xAD},     {0x600, 0x605},   {0x61C, 0x61C},     {0x6DD, 0x6DD},     {0x70F, 0x70F},
      {0x115F, 0x1160}, {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x2000, 0x200F},   {0x2028, 0x202F},
      {0x205F, 0x206F}, {0x3000, 0x3000}, {0x3164, 0x3164}, {0xE000, 0xF8FF},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},
      {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFF}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF}};
  constexpr std::string_view signs = "_-.";
  constexpr std::size_t most_characters = 100, most_bytes = 150;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++characters) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) return false;
    const char32_t character = utf8_character(text.substr(i));
    const auto ascii = static_cast<char>(character);
    if (length == 1) {
      const bool is_letter = (ascii >= 'a' && ascii <= 'z') || (ascii >= 'A' && ascii <= 'Z');
      if (!is_letter && !(ascii >= '0' && ascii <= '9') && signs.find(ascii) == std::string_view::npos) return false;
    }
    const bool is_end_of_plane = (character & 0xFFFEU) == 0xFFFEU;
    if (is_end_of_plane || std::any_of(std::begin(refused), std::end(refused), [&](const Span& span) {
          return character >= span.first && character <= span.last;
        }))
      return false;
    i += length;
  }
  return characters > 0 && characters <= most_characters && text.size() <= most_bytes && text.front() != '.';
}

void append_escape(std::string& out, char c, std::string_view prefix) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += prefix;
  out += hex[byte >> 4U];
  out += hex[byte & 15U];
}

}  // namespace tightrope
