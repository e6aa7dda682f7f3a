// How the settings of a study are laid out: which of them are series of one panel, and which are panels.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/report/figures/figure.hpp"
#include "core/study/findings/summary.hpp"

namespace tightrope {

struct Facets {
  std::vector<std::string> series;  // names; series i has style i
  std::vector<Facet> facets;        // columns, rows, then those of which one value is shown at a time
  std::string note;                 // says what is left out; empty if nothing is

  struct PanelIndex {
    std::size_t series = 0;
    std::vector<std::size_t> place;  // for each facet
  };
  std::vector<std::optional<PanelIndex>> spots;  // of each of Summary::settings; null if it is left out
  /// Adds to the plot a panel for each place at which there is a spot, the columns varying fastest.
  void add_panels(Plot& plot) const;
  Panel& panel_at(Plot& plot, const PanelIndex& spot) const;
};

/// Cells that have not been run leave no frames behind.
void drop_empty_panels(Plot& plot);

struct FacetOptions {
  std::vector<std::string> figure_axes;  // labels that are neither series nor panels: the figure's own axes
  bool methods_are_series = true;        // false: there is one series, and methods are panels
  std::size_t most_panels = 400;         // beyond, values of the longest facets are left out
};

/// Methods are series (without methods, the first axis of 2 to 7 values), other axes are panels; the facet with the
/// most values makes the columns. An axis whose value follows from that of another one (`zip`) is no facet: it is told
/// beside the other one.
Facets facets_of(const Summary& summary, const FacetOptions& options = {});

/// An axis as figures and tables head it: "snr (dB)".
std::string axis_title(const Summary& summary, const std::string& label);
/// Its unit; "" for none.
std::string unit_of(const Summary& summary, const std::string& label);

/// The values of an axis of at least three numbers, rising; empty for another axis.
std::vector<Real> numbers_along(const Summary& summary, const std::string& label);

/// `count` numbers below `of`, evenly spread, both ends included; all if there are not so many.
std::vector<std::size_t> evenly_spread(std::size_t of, std::size_t count);

}  // namespace tightrope
