// A figure: curves over iterations, passes or seconds, drawn as SVG here and by the page's script there.
#pragma once

#include <string>
#include <vector>

#include "core/store/result.hpp"

namespace tightrope {

struct Curve {
  std::string name;
  std::vector<Real> iterations, passes, seconds;  // abscissae, equally long; seconds may be empty
  std::vector<Real> values;                       // finite
};

struct Figure {
  std::string id;  // file name of the SVG
  std::string title, description;
  bool logarithmic = true;
  std::vector<Curve> curves;
};

/// The figures of a run. One run: what is prominent together, the rest apart; several runs: a figure per column, with a
/// curve for each run. Columns that share a name up to a number (sigma_1, sigma_2, …) form one figure per run.
std::vector<Figure> figures_of(const StoredRun& run);

/// Curve `i` has colour i and dash pattern i: the colours of Okabe & Ito, legible with every kind of colour vision.
std::string curve_colour(std::size_t i);
std::string curve_dashes(std::size_t i);  // SVG's stroke-dasharray, "" for a solid line

/// A complete SVG document over iterations, for print and for readers without scripts.
std::string svg_of(const Figure& figure);

/// Text as content or attribute value of HTML and XML: markup and control characters made harmless, bidirectional
/// overrides removed, at most `most` characters.
std::string escaped(const std::string& text, std::size_t most = 2000);
/// "relative_error" → "relative error"
std::string worded(std::string name);
/// Labels of a run: "gd"; "" for the only one.
std::string name_of(const StoredCell& cell);

}  // namespace tightrope
