// Text of pages and figures: made harmless, and worded for people.
#pragma once

#include <map>
#include <string>

#include "core/numbers/types.hpp"

namespace tightrope {

/// Control characters and marks that turn the direction of text removed, at most `most` characters ("…" behind a cut).
std::string plain(const std::string& text, std::size_t most = 2000);
/// plain text as content or attribute value of HTML and XML.
std::string escaped(const std::string& text, std::size_t most = 2000);
/// "relative_error <= 0.1" → "relative error ≤ 0.1"
std::string worded(std::string name);
/// How many letters a text has: its width in rough terms.
std::size_t letters(const std::string& text);
/// First letter large.
std::string capitalised(std::string text);
/// "the limit was reached" → "The limit was reached."; a name such as relative_error at the start stays as it is.
std::string sentence(const std::string& text);
/// "1 run", "3 runs", "12,345 passes"
std::string counted(std::size_t count, const std::string& noun);

/// A number for people: three digits, whole numbers in full, "–" if it is none; more than every number is "∞".
std::string number(Real value);
/// "10⁻⁶", and "1" and "10" as such.
std::string power_of_ten(int exponent);
/// A column's description as HTML: "‖X‖_F" with its index below.
std::string formula(const std::string& text);

/// A run of a study: the method by its name, everything else as "label value", the repetition last; "" for no labels.
std::string name_of(const std::map<std::string, std::string>& labels);
/// A text as part of a file name or an id: letters, digits, '-' and '_'.
std::string safe_id(std::string text);

}  // namespace tightrope
