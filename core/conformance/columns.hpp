// Which columns plugins announce, without a run.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/plugin/catalog.hpp"

namespace tightrope {

/// The names of the columns that an observer or a problem announces among the parts that conformance has for it, with
/// each value of each parameter that has few. Null if it can be made nowhere among them.
std::optional<std::set<std::string>> announced_columns(const Library& library);
/// A regular expression of the columns that plugins of the catalog can record beside those that every run has; numbers
/// in names are left open. Null if that is not known of every observer and problem.
std::optional<std::string> recordable_columns(const Catalog& catalog);

}  // namespace tightrope
