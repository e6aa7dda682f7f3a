// Figures for LaTeX.
#pragma once

#include <string>
#include <vector>

#include "core/report/figures/figure.hpp"
#include "core/report/figures/maps/phase_diagrams.hpp"

namespace tightrope {

/// The sheets of one of the figure's plots, each a tikzpicture that \input draws with the package pgfplots, \linewidth
/// wide. `width` (mm) is about what \linewidth will be: panels, tick labels and legend are laid out for it. All numbers
/// stand in the text; points that move a curve by less than its line's width are left out.
std::vector<std::string> pgfplots_of(const Figure& figure, std::size_t plot, Real width);
/// The same of maps.
std::vector<std::string> pgfplots_of(const PhaseDiagram& diagram, std::size_t plot, Real width);

}  // namespace tightrope
