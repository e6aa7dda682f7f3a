// Figures on the page.
#pragma once

#include <string>
#include <vector>

#include "core/report/figures/figure.hpp"
#include "core/report/figures/maps/phase_diagrams.hpp"

namespace tightrope {

/// A figure that the script draws, with a drawing for readers without it.
std::string interactive_html(const Figure& figure);
/// A figure that is drawings only: the one for the chosen clock is seen, and of its sheets the chosen one; in print
/// there are all.
std::string drawing_html(const Figure& figure);
std::string drawing_html(const PhaseDiagram& diagram);
/// A method by its name, behind the line that it has in figures.
std::string method_html(std::size_t style, const std::string& name);
/// The interactive figures as JSON that cannot end its script element.
std::string data_of(const std::vector<Figure>& figures);

}  // namespace tightrope
