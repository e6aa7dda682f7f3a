// What drawings of curves and of maps share: the document, text, labels below a row of panels.
#pragma once

#include <string>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope::svg {

inline constexpr Real font = 13, small_font = 12, line_height = 15;

/// A complete document. Colours are attributes, so that the file stands alone; the page's style sheet overrides those
/// of paper and ink by their classes. `part`: which part of the figure this is, "" for all of it. The titles stand
/// between `left` and `right`.
std::string document(Real width, Real height, Real left, Real right, const std::string& title, const std::string& part,
                     const std::string& body);
/// Text that is escaped already; `more`: further attributes.
std::string label(Real x, Real y, const char* anchor, const std::string& text, const std::string& more = "");
/// The lines of a panel's title above its upper left corner (x, y).
std::string panel_title(Real x, Real y, const std::vector<std::string>& lines);
/// Below a row of panels and to the left of them, in the middle of low … high.
std::string x_title(Real low, Real high, Real y, const std::string& text);
std::string y_title(Real low, Real high, Real room, const std::string& text);
/// Labels on a line, each at its place. None leaves low … high, so that those of neighbouring panels cannot meet; one
/// that would touch the one before it is left out.
std::string labels_along(const std::vector<std::pair<Real, std::string>>& labels, Real low, Real high, Real y);

}  // namespace tightrope::svg
