#include "core/store/files/json.hpp"

#include <fmt/format.h>

#include "core/base/text/utf8.hpp"

namespace tightrope {

namespace {

/// What the library complains about, without its "[json.exception.parse_error.101] ".
std::string without_tag(const std::string& complaint) { return complaint.substr(complaint.find("] ") + 2); }

/// The same document with every text in UTF-8.
Json with_escaped_bytes(const Json& json) {
  if (json.is_string()) return escape_bytes(json.get_ref<const std::string&>());
  Json result = json;
  if (json.is_object()) {
    result = Json::object();
    for (const auto& [key, value] : json.items()) result[escape_bytes(key)] = with_escaped_bytes(value);
  }
  if (json.is_array())
    for (Json& value : result) value = with_escaped_bytes(value);
  return result;
}

}  // namespace

std::string pretty(const Json& json) {
  try {
    return json.dump(2) + "\n";
  } catch (const Json::type_error&) {  // the name of a file that is no UTF-8
    return with_escaped_bytes(json).dump(2) + "\n";
  }
}

Json parse_json(const std::filesystem::path& file, const std::string& text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: it is no JSON ({})", file.string(),
                                             excerpt(without_tag(error.what()), 200)));
  }
}

Node node_of(const Json& json, const std::string& name) {
  const Position position{name};
  if (json.is_object()) {
    Node map = Node::make_map(position);
    for (const auto& [key, value] : json.items()) map.entries.push_back({key, position, node_of(value, name)});
    return map;
  }
  if (json.is_array()) {
    Node sequence = Node::make_sequence(position);
    for (const Json& value : json) sequence.items.push_back(node_of(value, name));
    return sequence;
  }
  if (json.is_string()) return Node::make_scalar(json.get<std::string>(), position, true);
  if (!json.is_null()) return Node::make_scalar(json.dump(), position);
  Node nothing;
  nothing.position = position;
  return nothing;
}

void check_version(const std::filesystem::path& file, const Json& document) {
  if (document.at("format").get<int>() > record_version)
    throw Error(Exit::integrity, fmt::format("{} was written by a newer version ({}); read it with that", file.string(),
                                             document.at("tightrope").get<std::string>()));
}

}  // namespace tightrope
