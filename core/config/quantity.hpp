// Numbers with a unit behind them, as options and configs have them: "60 s", "1.5 GB".
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/numbers/types.hpp"

namespace tightrope {

/// Names of units, each with its size in the basic one; "" is the unit of a bare number.
using Units = std::map<std::string, Real>;
extern const Units times;  // in seconds: s, min, h; a bare number is in s
extern const Units sizes;  // in bytes: MB, GB; a bare number is in MB

/// "1.5 GB" → 1.5e9. Null if it is no positive number, or its unit is not among the units.
std::optional<Real> to_quantity(const std::string& text, const Units& units);
/// "a positive number, with a unit if need be (h, min, s)", for messages.
std::string description(const Units& units);

}  // namespace tightrope
