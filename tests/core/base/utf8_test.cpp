// Characters of texts, whole and damaged.
#include "core/base/text/utf8.hpp"

#include <doctest/doctest.h>

using namespace tightrope;

TEST_CASE("a text falls into its characters, and what is none stands for itself") {
  using Texts = std::vector<std::string>;
  CHECK(characters_of("") == Texts{});
  CHECK(characters_of("aσ∞𝔸") == Texts{"a", "σ", "∞", "𝔸"});
  CHECK(characters_of("\xe2\x88z\xff") == Texts{"\xe2", "\x88", "z", "\xff"});
}

namespace {

/// A number in `length` bytes, whether or not UTF-8 would write it so.
std::string encoded(char32_t number, std::size_t length) {
  if (length == 1) return {static_cast<char>(number)};
  std::string text;
  for (std::size_t i = 1; i < length; ++i, number >>= 6U)
    text.insert(text.begin(), static_cast<char>(0x80U | (number & 0x3FU)));
  text.insert(text.begin(), static_cast<char>((0xF00U >> length & 0xFFU) | number));
  return text;
}

std::size_t shortest_length(char32_t number) {
  return number < 0x80 ? 1 : number < 0x800 ? 2 : number < 0x10000 ? 3 : 4;
}

}  // namespace

TEST_CASE("of all numbers of four bytes those are characters that Unicode has, written as briefly as can be") {
  std::size_t wrong = 0;
  for (char32_t number = 0; number < 0x200000; ++number) {
    const bool is_character = number <= 0x10FFFF && (number < 0xD800 || number > 0xDFFF);
    for (std::size_t length = shortest_length(number); length <= 4; ++length) {
      const std::string text = encoded(number, length);
      const bool is_right = is_character && length == shortest_length(number);
      if (utf8_length(text + "a") != (is_right ? length : 0)) ++wrong;
      if (is_right && utf8_character(text) != number) ++wrong;
      if (is_right && utf8_count(text + text + "a") != 3) ++wrong;
      if (length > 1 && utf8_length(text.substr(0, length - 1)) != 0) ++wrong;
    }
  }
  CHECK(wrong == 0);
  for (const char* text : {"\x80", "\xbf", "\xc0\x80", "\xf5\x80\x80\x80", "\xff", "\xe2(\xa1", "\xf0\x28\x8c\xbc"})
    CHECK(utf8_length(text) == 0);
}

TEST_CASE("bytes that are no characters are spelt out, and come back") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(escape_bytes("caf\xe9 ∞\n") == "caf\\xE9 ∞\n");
  CHECK(utf8_count(escape_bytes(all)) == escape_bytes(all).size());
  for (const std::string& text : {all, std::string("\xe2\x88"), std::string("größe \xff\xfe 実"), std::string()})
    CHECK(unescape_bytes(escape_bytes(text)) == text);
  // What escape_bytes does not write is taken as it stands.
  for (const char* text : {"\\x41", "\\x7F", "\\xG0", "\\x8", "\\x", "\\", "\\n", "x80"})
    CHECK(unescape_bytes(text) == text);
  std::string hex;
  append_escape(hex, '\xA7', "%");
  append_escape(hex, '\t', "\\x");
  CHECK(hex == "%a7\\x09");
}

TEST_CASE("a folder has a name of letters and digits of any script that everybody sees") {
  for (const char* name : {"a", "größe", "実験", "تجربة", "a.b-c_9", "-", "x.", "𝔸", "e\xcc\x81"}) {
    CAPTURE(name);
    CHECK(names_folder(name));
  }
  // Nothing, hidden, a path, blanks of all kinds, signs, invisible, turned round, private, none, damaged.
  for (const char* name :
       {"",        ".a",      "..",     "a/b",        "a b",        "a\tb",       "a\u00A0b", "a\u3000b",
        "a:b",     "a*",      "~",      "a\x7f",      "a\u00AD",    "a\u200B",    "a\u202Eb", "\u2066a",
        "\uFEFFa", "a\uE000", "\uFFFE", "\U0001FFFF", "\U000E0041", "\U0010FFFD", "caf\xe9",  "\xed\xa0\x80"}) {
    CAPTURE(escape_bytes(name));
    CHECK(!names_folder(name));
  }
  CHECK(names_folder(std::string(100, 'n')));
  CHECK(!names_folder(std::string(101, 'n')));
  std::string wide;
  for (int i = 0; i < 50; ++i) wide += "実";  // 150 bytes
  CHECK(names_folder(wide));
  CHECK(!names_folder(wide + "a"));
}

TEST_CASE("what moves the cursor, or turns the text round, is told from what is seen") {
  for (const char32_t c :
       {U'\0', U'\x1b', U'\n', U'\x7f', U'\x80', U'\x9b', U'\u061C', U'\u200E', U'\u202E', U'\u2069'})
    CHECK(drives_terminal(c));
  for (const char32_t c : {U' ', U'a', U'~', U'\u00A0', U'é', U'\u200D', U'\u202F', U'\u2065', U'\u206A', U'実'})
    CHECK(!drives_terminal(c));
}
