// Short names for axes and their values.
#pragma once

#include <string>
#include <vector>

#include "core/tree/node.hpp"

namespace tightrope {

/// A value in words: a component by its type, a map as "key=value key=value".
std::string text_of(const Node& node);
/// Short texts that tell the nodes apart: the type of a component and, among those of one type, what differs.
std::vector<std::string> distinct_texts(const std::vector<const Node*>& nodes);
/// The shortest ends of dotted paths that name each alone: "problem.target.rank", "model.rank" → "target.rank",
/// "model.rank".
std::vector<std::string> distinct_ends(const std::vector<std::string>& paths);

}  // namespace tightrope
