// Scalars of a tree as text: for the files of core/tree.
#pragma once

#include "core/tree/node.hpp"

namespace tightrope {

/// The parts of a decimal number such as -12.5e3.
struct Decimal {
  bool plus = false, minus = false, point = false;
  std::string_view integer, fraction;
  long exponent = 0;  // cut off at ±100,000
};
/// Null if the node is not a decimal number.
std::optional<Decimal> plain_decimal(const Node& node);

/// Whether YAML reads the bare text as nothing.
inline bool reads_as_null(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}
/// Whether a scalar can be the name of a type: a text, neither number nor truth value.
inline bool is_name(const Node& node) { return node.is_scalar() && !plain_decimal(node) && !to_bool(node); }
/// The text in double quotes. Every escape of JSON is one of YAML, too.
std::string in_double_quotes(std::string_view text);

}  // namespace tightrope
