// Tables of numbers in text.
#pragma once

#include "core/arrays/arrays.hpp"

namespace tightrope {

/// One row a line, in UTF-8, UTF-16 or Latin-1. What separates the numbers is guessed from the first lines: semicolons,
/// tabs, commas or blanks, and so is a decimal comma where commas do not separate. Numbers may stand in quotation marks
/// and have Fortran's exponents and repeat counts. The first line may hold names, one for each column: words of
/// letters, digits and the like. Lines that begin with #, % or // are remarks, as is the rest of a line behind such a
/// sign that stands between blanks; empty lines are passed over. All of that is told in the description. What does not
/// fit is refused with the line and the field: missing values, row names, text, and what a spreadsheet writes for an
/// error.
Array parse_csv(std::string_view bytes, const std::string& name);

}  // namespace tightrope
