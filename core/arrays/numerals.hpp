// Numbers in text, in the notations in which programs write them.
#pragma once

#include <optional>
#include <string_view>

#include "core/numbers/types.hpp"

namespace tightrope {

struct Numeral {
  Real value = 0;                             // infinite or NaN if the text says so, or is beyond the range of float64
  bool fortran = false;                       // an exponent with D or Q, or without a letter (1.0+100)
  bool is_exact = true;                       // false: a whole number that float64 cannot hold
  bool has_point = false, has_comma = false;  // what separates the fraction
};

/// The whole of the text as a decimal number: sign, digits with a point (or a comma, if `decimal_comma`), exponent with
/// e, E, d, D, q or Q, or, behind a point, with a sign and three digits alone, as Fortran writes large ones. Null if it
/// is none.
std::optional<Numeral> read_numeral(std::string_view text, bool decimal_comma = false);

/// Text that holds whole digits only, without a sign.
bool is_plain_integer(std::string_view text);

}  // namespace tightrope
