// A tree as JSON.
#include <algorithm>
#include <utility>

#include "core/base/text/utf8.hpp"
#include "core/tree/scalars/scalar.hpp"

namespace tightrope {

namespace {

std::string json_scalar(const Node& node, bool canonical) {
  if (to_bool(node)) return node.scalar;
  if (const auto value = to_real(node)) {
    const Decimal decimal = *plain_decimal(node);
    const bool is_json = !decimal.plus && !decimal.integer.empty() && decimal.point == !decimal.fraction.empty();
    return is_json && !canonical ? node.scalar : shortest(*value);
  }
  return in_double_quotes(node.scalar);
}

void append_json(std::string& out, const Node& node, bool canonical) {
  const char* separator = "";
  if (node.is_sequence()) {
    out += '[';
    for (const Node& item : node.items) {
      out += std::exchange(separator, ",");
      append_json(out, item, canonical);
    }
    out += ']';
  } else if (node.is_map()) {
    std::vector<const Node::Entry*> order;
    for (const Node::Entry& entry : node.entries) order.push_back(&entry);
    if (canonical)
      std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
    out += '{';
    for (const Node::Entry* entry : order) {
      out += std::exchange(separator, ",") + in_double_quotes(entry->key) + ':';
      append_json(out, entry->value, canonical);
    }
    out += '}';
  } else {
    out += node.is_null() ? "null" : json_scalar(node, canonical);
  }
}

}  // namespace

std::string in_double_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    constexpr std::string_view special = "\"\\\n\t\r", names = "\"\\ntr";
    if (const std::size_t i = special.find(c); i != std::string_view::npos)
      out += {'\\', names[i]};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      append_escape(out, c, "\\u00");
    else
      out += c;
  }
  return out + '"';
}

std::string to_json(const Node& node, bool canonical) {
  std::string out;
  append_json(out, node, canonical);
  return out;
}

}  // namespace tightrope
