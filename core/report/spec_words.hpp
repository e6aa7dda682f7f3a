// Parts of the specs of runs, in words.
#pragma once

#include <string>
#include <vector>

#include "core/tree/node.hpp"

namespace tightrope {

/// A scalar's text; "" for anything else.
std::string text_of(const Node* node);
/// "1, 10, 100", "1, 2, 5, …, 1000 (10 values)"
std::string listed(const std::vector<std::string>& values);
/// A section of a spec on one line: "gaussian, measurements 1500, symmetric false".
std::string in_words(const Node& node);
/// Adds the text unless it is there.
void add_new(std::vector<std::string>& list, const std::string& text);

}  // namespace tightrope
