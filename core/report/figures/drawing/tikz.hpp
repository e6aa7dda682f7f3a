// Pictures of panels as TikZ, for LaTeX: axes by the package pgfplots, a legend below them.
#pragma once

#include <string>
#include <vector>

#include "core/report/figures/figure.hpp"

namespace tightrope::tikz {

inline constexpr Real points_per_mm = 72.27 / 25.4;
inline constexpr Real title_font = 7, legend_font = 8;  // points
inline constexpr Real gap = 7;                          // between panels, points

/// One panel: where it stands, what is written at it, what is drawn in it.
struct Axis {
  std::size_t column = 0, row = 0;
  std::vector<std::string> title;  // lines of plain text
  Scale x, y;
  std::vector<Tick> x_ticks, y_ticks;
  bool has_x_labels = true, has_y_labels = true, has_grid = true;
  std::string body;  // commands of pgfplots and TikZ
};

struct LegendLine {
  std::string name, sample;  // plain text; options of \addlegendimage
};

struct Picture {
  std::string title, caption;  // plain text; the caption is proposed in a comment
  std::string x_label, y_label;
  Real width = 0;           // points, about what \linewidth will be: tick labels and legends are laid out for it
  Real aspect = 0.7;        // height of a panel over its width
  std::size_t columns = 1;  // of panels
  std::vector<Axis> axes;
  std::vector<std::vector<LegendLine>> legend;  // groups, each beginning a line
  std::string foot;      // TikZ between the axes and the legend, from its upper left corner (0, 0) on
  Real foot_height = 0;  // points
};

/// Room to the left of the panels, points: the label of the y axis and those of its ticks.
Real left_of(const Picture& picture);
/// About, points.
Real panel_width(const Picture& picture);
/// The tikzpicture, \linewidth wide.
std::string text_of(const Picture& picture);

/// "dash pattern=on 4.2pt off 2.4pt, " for a stroke-dasharray of our SVG, "" for a solid line.
std::string dashes(const std::string& lengths);
/// "{rgb,255:red,0;green,114;blue,178}" for "#0072b2".
std::string colour(const std::string& html);
/// "(1,2.5) (2,nan)", six digits.
std::string coordinates(const std::vector<Real>& x, const std::vector<Real>& y);

}  // namespace tightrope::tikz
