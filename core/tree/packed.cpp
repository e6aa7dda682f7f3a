#include "core/tree/packed.hpp"

namespace tightrope {

using Json = nlohmann::json;

// [kind, text, quoted, file, line, column, children…]; a map's children are pairs [[key, file, line, column], value].
Json packed(const Node& node) {
  Json json = {static_cast<int>(node.kind), node.scalar,        node.quoted,
               node.position.file,          node.position.line, node.position.column};
  for (const Node& item : node.items) json.push_back(packed(item));
  for (const Node::Entry& entry : node.entries)
    json.push_back(
        Json::array({Json::array({entry.key, entry.position.file, entry.position.line, entry.position.column}),
                     packed(entry.value)}));
  return json;
}

Node unpacked(const Json& json) {
  Node node;
  node.kind = static_cast<Node::Kind>(json.at(0).get<int>());
  node.scalar = json.at(1).get<std::string>();
  node.quoted = json.at(2).get<bool>();
  node.position = {json.at(3).get<std::string>(), json.at(4).get<int>(), json.at(5).get<int>()};
  for (std::size_t i = 6; i < json.size(); ++i) {
    const Json& child = json[i];
    if (node.is_sequence()) {
      node.items.push_back(unpacked(child));
    } else {
      const Json& key = child.at(0);
      node.entries.push_back({key.at(0).get<std::string>(),
                              {key.at(1).get<std::string>(), key.at(2).get<int>(), key.at(3).get<int>()},
                              unpacked(child.at(1))});
    }
  }
  return node;
}

}  // namespace tightrope
