// JSON as the store writes and reads it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "core/tree/node.hpp"

namespace tightrope {

using Json = nlohmann::ordered_json;

/// The format of what the store writes; files of an older one are read, of a newer one refused.
constexpr int record_version = 1;

/// Indented, with a line break at the end. Bytes that are no UTF-8 are written as escape_bytes does.
std::string pretty(const Json& json);
/// Throws Error(integrity) with the file's name.
Json parse_json(const std::filesystem::path& file, const std::string& text);
/// The same tree as a config would hold it; `name` stands for the file in positions.
Node node_of(const Json& json, const std::string& name);
/// Throws Error(integrity) if the document is of another version than this program reads.
void check_version(const std::filesystem::path& file, const Json& document);

}  // namespace tightrope
