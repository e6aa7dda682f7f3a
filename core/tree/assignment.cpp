// Paths into a tree, and assignments to them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/text/utf8.hpp"
#include "core/tree/scalars/scalar.hpp"
#include "core/tree/yaml/yaml_text.hpp"

namespace tightrope {

namespace {

/// Where `word` leads to below the node, made if it is not there yet.
Node& descend(Node& node, const std::string& word, const std::string& path_so_far, const Position& position) {
  if (node.is_sequence()) {
    std::size_t index = node.items.size();
    const char* const end = word.data() + word.size();
    const bool is_number = std::from_chars(word.data(), end, index).ptr == end;
    if (!is_number || index >= node.items.size()) {
      const std::size_t size = node.items.size();
      refuse(position,
             "'" + path_so_far + "' is a list, and '" + word + "' is none of its entries" +
                 (size == 0 ? ": it is empty" : " (they are numbered from 0 to " + std::to_string(size - 1) + ")"));
    }
    return node.items[index];
  }
  if (to_bool(node))
    refuse(node.position, fmt::format("'{}' is {} and has no '{}': give it a map", path_so_far, node.scalar, word));
  if (!node.is_map()) {
    Node map = Node::make_map(is_name(node) || node.is_null() ? node.position : position);
    if (is_name(node)) map.set("type", node);
    node = std::move(map);
  }
  if (Node* const present = node.find(word)) return *present;
  Node nothing;
  nothing.position = position;
  return node.set(word, std::move(nothing));
}

}  // namespace

int column_of(std::string_view text, std::size_t byte) {
  return 1 + static_cast<int>(utf8_count(text.substr(0, byte)));
}

Node& node_at_path(Node& tree, const std::string& path, const std::function<Position(std::size_t)>& position) {
  const YamlLimits limits;
  Node* at = &tree;
  int depth = 0;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const std::string word = path.substr(begin, end - begin);
    const Position here = position(begin);
    if (word.empty()) refuse(here, "the path '" + excerpt(path) + "' has an empty part");
    if (const auto complaint = complaint_about_key(word)) refuse(here, *complaint);
    if (++depth > limits.depth) refuse(here, too_deep(limits));
    at = &descend(*at, word, begin == 0 ? "" : path.substr(0, begin - 1), here);
    begin = end + 1;
  }
  return *at;
}

void apply_assignment(Node& tree, const std::string& assignment, const std::string& name) {
  const std::string file = name + ' ' + excerpt(assignment);
  check_characters(assignment, file, 1);
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos)
    refuse({file, 1, 1}, "an assignment has the form path.to.key=value, but here is no =");
  const std::string path = assignment.substr(0, equals);
  if (path.empty()) refuse({file, 1, 1}, "the path before = is empty: an assignment has the form path.to.key=value");

  Node changed = tree;
  Node& at = node_at_path(changed, path, [&](std::size_t byte) {
    return Position{file, 1, column_of(assignment, byte)};
  });
  at = parse_value(assignment.substr(equals + 1), file, column_of(assignment, equals + 1));
  tree = std::move(changed);
}

}  // namespace tightrope
