// How curves, theory and bands look: colours, dashes and marks, as SVG.
#pragma once

#include <string>

#include "core/numbers/types.hpp"

namespace tightrope {

/// Style `i` has the colours of Okabe & Ito in turn, legible with every kind of colour vision. In grey it is told by
/// its dashes and marks, which together differ for the first `grey_styles` styles.
inline constexpr std::size_t grey_styles = 24;
std::string curve_colour(std::size_t i);
std::string curve_dashes(std::size_t i);  // SVG's stroke-dasharray, "" for a solid line
enum class Mark { circle, square, triangle, diamond, open_circle, open_square };
Mark curve_mark(std::size_t i);
const char* to_string(Mark mark);
/// Whether a curve over a run needs its mark: as long as dashes alone tell curves apart, there are none.
bool is_marked(std::size_t i);
/// A style's mark around (x, y), as SVG; `more` goes inside of it, e.g. a title.
std::string mark_svg(std::size_t style, Real x, Real y, const std::string& more = "");
/// A line in a style, with its dashes or without, as attributes of SVG.
std::string stroke_svg(std::size_t style, bool dashed = true);
/// A line in a style from (0, 0) to (26, 0), with or without the mark.
std::string sample_svg(std::size_t style, bool is_marked);
std::string overlay_dashes(std::size_t dash);  // stroke-dasharray
/// How theory is drawn over the curve of a style, as attributes of SVG, and its sample without colour for a legend.
inline constexpr const char* theory_dashes = "4 3";
std::string theory_svg(std::size_t style);
std::string theory_sample_svg();
/// Styles without dashes of their own, for curves with dashed theory over them: the i-th of them.
inline std::size_t solid_style(std::size_t i) { return 4 * i; }
/// Colour, width and dashes of an overlay, as attributes of SVG.
std::string overlay_svg(bool is_level, std::size_t dash);
/// The band of a named stretch of a run, and its sample for a legend.
Real stretch_opacity(std::size_t index);
std::string stretch_sample_svg(std::size_t index);

}  // namespace tightrope
