// Characters of UTF-8 text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope {

/// Length in bytes of the character at the beginning of the text, 0 if there is none (RFC 3629).
std::size_t utf8_length(std::string_view text);
/// How many characters a text has: bytes that continue one are not counted.
std::size_t utf8_count(std::string_view text);
/// The number of the character at the beginning of the text, which must have one.
char32_t utf8_character(std::string_view text);

/// The characters of a text, each as its bytes; a byte that belongs to none stands for itself.
std::vector<std::string> characters_of(std::string_view text);

/// Whether a character controls what a terminal shows: C0, C1, and the marks that turn the direction of text.
bool drives_terminal(char32_t character);

/// The text with each byte that is no UTF-8 written as \xE9: names of files are bytes, documents and terminals take
/// characters.
std::string escape_bytes(std::string_view text);
/// The bytes that escape_bytes was given.
std::string unescape_bytes(std::string_view text);

/// Whether a folder can be named so: letters, digits and signs of any script, without blanks, slashes, characters that
/// control or are not seen, a point at the beginning, and at most 100 characters and 150 bytes.
bool names_folder(std::string_view text);
/// Appends the prefix and the two hexadecimal digits of a byte: "\\x1b".
void append_escape(std::string& out, char byte, std::string_view prefix);

}  // namespace tightrope
