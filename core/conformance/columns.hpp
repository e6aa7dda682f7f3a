// Which columns plugins announce, without a run.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/plugin/library.hpp"

namespace tightrope {

/// The names of the columns that an observer or a problem announces among the parts that conformance has for it, with
/// each value of each parameter that has few. Null if it can be made nowhere among them.
std::optional<std::set<std::string>> announced_columns(const Library& library);

}  // namespace tightrope
