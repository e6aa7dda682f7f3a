// The YAML tree: look-up, layering, and what a value is in words.
#include "core/tree/node.hpp"

#include <algorithm>
#include <utility>

#include "core/tree/scalars/scalar.hpp"

namespace tightrope {

namespace {

Node named_type(const Node& name) {
  Node map = Node::make_map(name.position);
  map.entries.push_back({"type", name.position, name});
  return map;
}

bool same_type(const Node& a, const Node& b) { return a.is_scalar() && b.is_scalar() && a.scalar == b.scalar; }

/// The list in one line, lists and maps inside it only hinted at.
std::string list_in_brief(const Node& list) {
  constexpr std::size_t enough = 60;
  std::string out;
  for (const Node& item : list.items) {
    if (out.size() > enough) break;
    if (!out.empty()) out += ", ";
    out += item.is_scalar() ? item.scalar : item.is_null() ? "nothing" : item.is_map() ? "{…}" : "[…]";
  }
  return '[' + excerpt(out, enough) + ']';
}

}  // namespace

Node Node::make_scalar(std::string text, Position position, bool quoted) {
  return {Kind::scalar, std::move(text), quoted, std::move(position), {}, {}};
}
Node Node::make_map(Position position) { return {Kind::map, "", false, std::move(position), {}, {}}; }
Node Node::make_sequence(Position position) { return {Kind::sequence, "", false, std::move(position), {}, {}}; }

const Node* Node::find(std::string_view key) const {
  const auto entry = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
  return entry == entries.end() ? nullptr : &entry->value;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node& Node::set(std::string_view key, Node value) {
  if (Node* present = find(key)) return *present = std::move(value);
  Position where = value.position;
  entries.push_back({std::string(key), std::move(where), std::move(value)});
  return entries.back().value;
}

void Node::erase(std::string_view key) {
  std::erase_if(entries, [&](const Entry& entry) { return entry.key == key; });
}

std::string Node::description() const {
  if (is_null()) return "nothing";
  if (is_sequence()) return items.empty() ? "an empty list" : "the list " + list_in_brief(*this);
  if (is_map()) return entries.empty() ? "an empty map" : "a map";
  if (plain_decimal(*this)) return excerpt(scalar) + (to_real(*this) ? "" : ", which is beyond the range of numbers");
  return to_bool(*this) ? scalar : "the text '" + excerpt(scalar) + "'";
}

void merge(Node& base, const Node& over) {
  const Node* const type = base.find("type");
  if (type && is_name(over) && same_type(*type, over)) {
    base.set("type", over);
    return;
  }
  const Node* const type_above = over.find("type");
  const Node* const type_below = is_name(base) ? &base : type;
  const bool is_other = type_below && type_above && !same_type(*type_below, *type_above);
  if (!over.is_map() || is_other || !(base.is_map() || is_name(base))) {
    base = over;
    return;
  }
  if (is_name(base)) base = named_type(base);
  for (const Node::Entry& entry : over.entries) {
    if (Node* const below = base.find(entry.key))
      merge(*below, entry.value);
    else
      base.entries.push_back(entry);
  }
}

}  // namespace tightrope
