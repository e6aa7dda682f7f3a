// Which cells have the same operator.
#pragma once

#include <string>

namespace tightrope {

struct CellSpec;

/// Equal for cells that have the same operator: its plugin and parameters, its seed and its shape, which is the
/// target's where the cell states none.
std::string operator_key(const CellSpec& cell);

}  // namespace tightrope
