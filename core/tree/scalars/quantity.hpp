// Numbers with a unit behind them, as options and configs have them: "60 s", "1.5 GiB".
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/numbers/types.hpp"

namespace tightrope {

/// Names of units, each with its size in the basic one; "" is the unit of a bare number.
using Units = std::map<std::string, Real>;
extern const Units times;  // in seconds: ms, s, min, h, d; a bare number is in s
extern const Units sizes;  // in bytes: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB; a bare number is in MB

/// "1.5 GB" → 1.5e9. Null if it is no positive number, or its unit is not among the units.
std::optional<Real> to_quantity(const std::string& text, const Units& units);
/// A regular expression of such texts.
std::string quantity_pattern(const Units& units);
/// What a text had to be, for messages: "a positive number, with a unit if need be (ms, s, min, h, d)". Where only the
/// unit of the text is unknown and one is near, it ends with that: "… (did you mean 'GB'?)".
std::string must_be_quantity(const std::string& text, const Units& units);

}  // namespace tightrope
