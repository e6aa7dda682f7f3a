// Text of pages and figures: made harmless, and worded for people.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/text/readable.hpp"
#include "core/numbers/types.hpp"

namespace tightrope {

/// Control characters and marks that turn the direction of text removed, at most `most` characters ("…" behind a cut).
std::string plain(const std::string& text, std::size_t most = 2000);
/// plain text as content or attribute value of HTML and XML.
std::string escaped(const std::string& text, std::size_t most = 2000);
/// "relative_error <= 0.1" → "relative error ≤ 0.1"
std::string worded(std::string name);
/// About the width of plain text on a drawing, on the side of too much: fonts differ.
Real text_width(const std::string& text, Real font_size);
/// plain text, cut ("…") to be no wider than `width`.
std::string fitted(const std::string& text, Real width, Real font_size);
/// plain text in at most two lines, each no wider than `width`; broken at " · ", else between words.
std::vector<std::string> in_lines(const std::string& text, Real width, Real font_size);
/// "snr (dB)"; the name alone without a unit.
std::string with_unit(const std::string& name, const std::string& unit);
/// First letter large.
std::string capitalised(std::string text);
/// "the limit was reached" → "The limit was reached."; a name such as relative_error at the start stays as it is.
std::string sentence(const std::string& text);
/// "10⁻⁶", and "1" and "10" as such.
std::string power_of_ten(int exponent);
/// A round number on an axis: "0.002", "5000", "2·10⁻⁵".
std::string tick_number(Real value);
/// A column's description as HTML: "‖X‖_F" with its index below.
std::string formula(const std::string& text);

/// A run of a study: the method by its name, everything else as "label value", the repetition last; "" for no labels.
std::string name_of(const std::map<std::string, std::string>& labels);
/// Bytes in the letters of RFC 4648.
std::string base64(const std::string& bytes);
/// A text as part of a file name or an id: letters, digits, '-' and '_'.
std::string safe_id(std::string text);

}  // namespace tightrope
