// Lists of values as studies write them: [1, 10, 100], log(1e-6, 1e-2, 5), linear(0.1, 1, 10), integers(1, 9, 2).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/tree/node.hpp"

namespace tightrope {

constexpr const char* range_forms = "log(1e-6, 1e-2, 5), linear(0.1, 1, 10) or integers(1, 8)";
constexpr std::size_t most_values = 100'000;  // of all axes of a study together

/// "log(1e-6, 1e-2, 5)" → "log"; "" if the node is no range.
std::string range_name(const Node& node);
bool is_range_name(const std::string& name);
/// The values of a range, at the range's position. Complains, and returns none, if it is not right.
std::vector<Node> range_values(const Node& node, std::vector<Diagnostic>& diagnostics);
/// The values of a list, in which ranges may stand, or of a range; a few more than most_values at the most. Complains
/// of "WHAT" where there are none.
std::vector<Node> listed_values(const std::string& what, const Node& node, std::vector<Diagnostic>& diagnostics);

/// The texts between the commas that are outside brackets and quotes, with their offsets.
std::vector<std::pair<std::size_t, std::string>> comma_separated(const std::string& text);
/// Without blanks at the ends.
std::string trimmed(const std::string& text);

}  // namespace tightrope
