// Figures as data: what is drawn as SVG here and, for curves over a run, by the page's script there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"
#include "core/report/figures/drawing/styles.hpp"

namespace tightrope {

struct Series {
  std::string name;
  std::size_t style = 0;        // colour, dashes and marks; the same for a method over the whole page
  std::vector<Real> x, y;       // x does not fall; y may be ∞ where the figure shows points
  std::vector<Real> low, high;  // a band or bars, as long as y; empty if there is none. high may be ∞
  bool is_lost = false;         // beyond the last point there is no value: too many of its runs have diverged
};

/// What theory or a claim says, drawn over the data: a level, or a curve.
struct Overlay {
  std::string role, text;     // "claim", "final relative error < 0.001"; of a fit "fitted rate (claim: …)", ""
  std::vector<Real> x, y;     // a level has no x and one y
  std::optional<Real> slope;  // of a fit: its rate or exponent
  std::string name;           // in the legend; equal names are drawn alike
  std::size_t dash = 0;       // pattern, another one for each name of a plot
  bool is_level() const { return x.empty(); }
};

/// Something that happened in a run: a vertical line with a word.
struct Event {
  Real x = 0;
  std::string word;  // "rebalanced"
};
/// A stretch of a run that has a name, as "saddle avoidance": a band behind the curves, the paler the higher its index.
struct Stretch {
  Real low = 0, high = 0;
  std::string word;
  std::size_t index = 0;
};
/// Lines of more events of one word than these would hide the curves: each is a short tick at the top.
inline constexpr std::size_t most_event_lines = 24;

struct Panel {
  std::vector<std::size_t> place;  // for each facet of the figure the position of its value
  std::vector<Series> series;
  std::vector<Overlay> overlays;
  std::vector<Series> theories = {};  // of some of the series: dashed, in the style of the curve that each predicts
  std::vector<Event> events = {};     // by x
  std::vector<Stretch> stretches = {};
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
  std::vector<Plot> plots;      // one for each clock (curve_clocks of core/study/summary.hpp), or only one
  bool is_interactive = false;  // drawn by the script, too
};

/// Sets the scales of a plot from what it shows. A run that diverges may leave through the top.
void fit_scales(Plot& plot, bool logarithmic_x, bool logarithmic_y);
/// Numbers worth a label on a scale, with the label.
struct Tick {
  Real value;
  std::string label;
};
std::vector<Tick> ticks_of(const Scale& scale);

/// Some of a figure's panels, as they go onto one sheet: row by row, null where the study has no such cell. The sheets
/// of a figure together hold all its panels.
struct Sheet {
  std::string title;  // what its panels have in common: "level 0.1", "2 of 3"; "" for the only sheet
  std::size_t columns = 1;
  std::vector<std::optional<std::size_t>> panels;  // positions in plot.panels
};
std::vector<Sheet> sheets_of(const Figure& figure, const Plot& plot);
/// "condition 10 · scale 1e-4", without the facets that a sheet has in its title; "" without facets.
std::string title_of(const Figure& figure, const Panel& panel, bool on_sheet = false);

/// A complete SVG document of one of the figure's plots, for print and for readers without scripts: one for each sheet.
std::vector<std::string> svgs_of(const Figure& figure, std::size_t plot);

}  // namespace tightrope
