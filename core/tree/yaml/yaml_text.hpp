// What the text of a config must satisfy before it is parsed: for the files of core/tree.
#pragma once

#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

[[noreturn]] void refuse(Position position, std::string message);
/// Throws unless the text is UTF-8 without control characters. yaml-cpp would guess other encodings, replace what
/// it cannot read, and take character 4 for the end of the file.
void check_characters(std::string_view text, const std::string& name, int first_column);
/// Whether a text in quotes, if that is what stands here, ends in quotes. yaml-cpp lets it end with the file.
bool is_closed(std::string_view text);
/// What is wrong with the key of a map, if anything is.
std::optional<std::string> complaint_about_key(std::string_view key);
std::string too_deep(const YamlLimits& limits);
std::string too_large(std::uintmax_t bytes, const YamlLimits& limits);

}  // namespace tightrope
