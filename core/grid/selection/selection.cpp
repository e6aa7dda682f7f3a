// Which cells, and which values, a command line asks for.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/table.hpp"
#include "core/base/text/word_list.hpp"
#include "core/grid/grid.hpp"
#include "core/grid/ranges.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

Node parse_selection(const std::string& text, const std::string& name) {
  const std::string file = name + ' ' + excerpt(text);
  Node result = Node::make_map({file, 1, 1});
  Node::Entry* current = nullptr;
  for (const auto& [offset, piece] : comma_separated(text)) {
    const Position position{file, 1, column_of(text, offset)};
    const std::size_t sign = std::min(piece.find_first_of("<>=!"), piece.size());
    const std::string word = trimmed(piece.substr(0, sign));
    const bool is_name =
        sign < piece.size() && !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
          return std::isalnum(c) || c == '_' || c == '.' || c == '-';
        });
    std::size_t begin = 0;
    if (is_name) {
      if (result.find(word)) throw ConfigError({{position, fmt::format("the axis '{}' is named twice", word)}});
      result.entries.push_back({word, position, Node::make_sequence(position)});
      current = &result.entries.back();
      begin = piece[sign] == '=' && piece.substr(sign, 2) != "==" ? sign + 1 : sign;
    }
    if (!current)
      throw ConfigError(
          {{position, "this has the form AXIS=VALUE,VALUE,…,AXIS=VALUE, such as method=gd,condition=10,100"}});
    const std::string value = piece.substr(begin);
    const Position here{file, 1, column_of(text, offset + begin)};
    if (std::string operand = trimmed(value); take_relation(operand)) {
      current->value.items.push_back(Node::make_scalar(trimmed(value), here, true));
      continue;
    }
    Node node = trimmed(value).empty() ? Node() : parse_value(value, file, here.column);
    if (node.is_null()) throw ConfigError({{here, "a value is missing here"}});
    current->value.items.push_back(std::move(node));
  }
  for (Node::Entry& entry : result.entries)
    if (entry.value.items.size() == 1) entry.value = Node(entry.value.items.front());
  return result;
}

void assign(Node& tree, const std::string& assignment, const std::string& name) {
  static const std::vector<std::string> not_of_a_cell = {"name", "study", "claims", "plugin_path"};
  const std::size_t equals = assignment.find('=');
  const std::string path = assignment.substr(0, equals);
  if (equals == std::string::npos || path.empty() || contains(not_of_a_cell, path.substr(0, path.find('.'))))
    return apply_assignment(tree, assignment, name);
  const auto pieces = comma_separated(assignment.substr(equals + 1));
  const std::string file = name + ' ' + excerpt(assignment);
  const Position start{file, 1, 1};
  std::vector<Node> values;
  bool is_range = false;
  for (const auto& [offset, piece] : pieces) {
    values.push_back(trimmed(piece).empty() ? Node()
                                            : parse_value(piece, file, column_of(assignment, equals + 1 + offset)));
    is_range = is_range || find_named(value_ranges(), range_name(values.back()));
  }
  Node* study = tree.find("study");
  const bool is_axis = values.size() > 1 || is_range;
  if (!is_axis && (!study || !study->is_map())) return apply_assignment(tree, assignment, name);
  // A path that leads nowhere is an error of the command line, whatever the cells turn out to be.
  Node scratch = tree;
  node_at_path(scratch, path, [&](std::size_t byte) { return Position{file, 1, column_of(path, byte)}; });
  if (!study || !study->is_map()) study = &tree.set("study", Node::make_map(start));
  Node* grid = study->find("grid");
  Node* listed = grid ? grid->find(path) : nullptr;
  const std::string block = is_axis || listed ? "grid" : "set";
  Node* target = study->find(block);
  if (!target || !target->is_map()) target = &study->set(block, Node::make_map(start));
  std::erase_if(target->entries, [&](const Node::Entry& entry) { return entry.key == path; });
  Node value = values.front();
  if (block == "grid") {
    value = Node::make_sequence(start);
    value.items = std::move(values);
  }
  target->entries.push_back({path, start, std::move(value)});
}

}  // namespace tightrope
