// Figures as data: what is drawn as SVG here and, for curves over a run, by the page's script there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

struct Series {
  std::string name;
  std::size_t style = 0;        // colour and dashes; the same for a method over the whole page
  std::vector<Real> x, y;       // x does not fall; y may be ∞ where the figure shows points
  std::vector<Real> low, high;  // a band or bars, as long as y; empty if there is none. high may be ∞
  bool is_lost = false;         // beyond the last point there is no value: too many of its runs have diverged
};

/// What theory or a claim says, drawn over the data: a level, or a curve.
struct Overlay {
  std::string name;
  std::vector<Real> x, y;     // a level has no x and one y
  std::optional<Real> slope;  // of a fit: its rate or exponent
  bool is_level() const { return x.empty(); }
};

struct Panel {
  std::vector<std::size_t> place;  // for each facet of the figure the position of its value
  std::vector<Series> series;
  std::vector<Overlay> overlays;
};

struct Scale {
  bool logarithmic = false;
  Real low = 0, high = 1;  // low < high; positive if logarithmic
  /// Where a value lies between low (0) and high (1).
  Real place(Real value) const;
};

/// Panels with shared axes.
struct Plot {
  std::string x_label, y_label;
  enum class Look { line, steps, points } look = Look::line;
  Scale x, y;
  std::vector<Panel> panels;
};

/// A direction in which panels differ: the columns of the figure, then its rows, then one value at a time.
struct Facet {
  std::string label;
  std::vector<std::string> values;  // as told to the reader: "condition 10"
  std::vector<std::size_t> shown;   // which of them are shown at first
};

struct Figure {
  std::string id;  // file name of the SVG
  std::string title, description;
  std::string note;  // how it is made, in whole sentences
  std::vector<Facet> facets;
  std::vector<Plot> plots;      // one for each clock (all_clocks of core/study/summary.hpp), or only one
  bool is_interactive = false;  // drawn by the script, too
};

/// Style `i` has colour i and dash pattern i: the colours of Okabe & Ito, legible with every kind of colour vision.
std::string curve_colour(std::size_t i);
std::string curve_dashes(std::size_t i);  // SVG's stroke-dasharray, "" for a solid line

/// Sets the scales of a plot from what it shows. A run that diverges may leave through the top.
void fit_scales(Plot& plot, bool logarithmic_x, bool logarithmic_y);
/// Numbers worth a label on a scale, with the label.
struct Tick {
  Real value;
  std::string label;
};
std::vector<Tick> ticks_of(const Scale& scale);

/// The panels that are shown at first, in rows of `columns`.
struct Arrangement {
  std::vector<std::size_t> panels;  // positions in plot.panels
  std::size_t columns = 1;
};
Arrangement arrangement_of(const Figure& figure, const Plot& plot);
/// "condition 10 · scale 1e-4"; "" without facets.
std::string title_of(const Figure& figure, const Panel& panel);

/// A complete SVG document of one of the figure's plots, for print and for readers without scripts.
std::string svg_of(const Figure& figure, std::size_t plot);

}  // namespace tightrope
