#include "core/tree/yaml/yaml_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/text/utf8.hpp"

namespace tightrope {

namespace {

bool is_control(char c) { return (c >= 0 && c < ' ') || c == 0x7F; }

}  // namespace

void refuse(Position position, std::string message) { throw ConfigError({{std::move(position), std::move(message)}}); }

void check_characters(std::string_view text, const std::string& name, int first_column) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    refuse({name, 1, 1}, "the file is in UTF-16; save it as UTF-8");
  Position position{name, 1, first_column};
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) refuse(position, "this is no UTF-8 text; is it a text file, saved as UTF-8?");
    const char c = text[i];
    if (is_control(c) && c != '\t' && c != '\n' && c != '\r')
      refuse(position, "a control character (number " + std::to_string(c) + ") has no place in a YAML file");
    i += length;
    ++position.column;
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    }
  }
}

bool is_closed(std::string_view text) {
  if (!text.starts_with('"') && !text.starts_with('\'')) return true;
  const char quote = text.front();
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool is_escape = quote == '"' ? text[i] == '\\' : text.substr(i).starts_with("''");
    if (is_escape)
      ++i;
    else if (text[i] == quote)
      return true;
  }
  return false;
}

std::optional<std::string> complaint_about_key(std::string_view key) {
  if (key.size() > longest_key) return fmt::format("a key has at most {} bytes", longest_key);
  if (std::any_of(key.begin(), key.end(), is_control)) return "a key cannot contain control characters";
  return std::nullopt;
}

std::string too_deep(const YamlLimits& limits) {
  return fmt::format("lists and maps may be nested {} levels deep, but this one lies deeper", limits.depth);
}

std::string too_large(std::uintmax_t bytes, const YamlLimits& limits) {
  return fmt::format("the file has {} bytes, more than the {} that are read of a config", bytes, limits.bytes);
}

}  // namespace tightrope
