// All figures of a page.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/report/figures/figure.hpp"
#include "core/report/figures/maps/phase_diagrams.hpp"
#include "core/store/run_folder.hpp"
#include "core/study/findings/summary.hpp"

namespace tightrope {

struct Figures {
  std::vector<Figure> curves, along_axes, profiles;
  std::vector<PhaseDiagram> maps;
  std::vector<Figure> sensitivity = {};  // of tuned values
  std::vector<PhaseDiagram> sensitivity_maps = {};
};
Figures figures_of(const StoredRun& run, const Summary& summary);
enum class DrawnAs { svg, latex };
/// Calls curves, values, axes and columns by other names.
void rename(Figures& figures, const std::map<std::string, std::string>& names);

/// What a drawing is for: a page, or so many millimetres of a paper.
struct DrawOptions {
  DrawnAs as = DrawnAs::svg;
  std::optional<Real> width = {};      // required for latex
  std::optional<std::string> of = {};  // only this figure: a name of names_of
};
/// Draws all sheets of all figures, or those of one; `name` is that of a file, "relative_error-passes-2".
void draw(const Figures& figures, const DrawOptions& options,
          const std::function<void(const std::string& name, const std::string& text)>& use);
/// Of the figures, each with its clock if it is not the first one: "relative_error", "relative_error-passes".
std::vector<std::string> names_of(const Figures& figures);

}  // namespace tightrope
