#include "core/report/figures/figures.hpp"

#include <fmt/format.h>

#include "core/report/figures/curves/curves.hpp"
#include "core/store/files.hpp"

namespace tightrope {

Figures figures_of(const StoredRun& run, const Summary& summary) {
  if (!run.is_study) return {curves_of_run(run), {}, {}, {}};
  return {curves_of_study(run, summary), figures_along_axes(run, summary), profile_figures(summary),
          phase_diagrams_of(summary)};
}

void write_files(const Figures& figures, const std::filesystem::path& folder) {
  const auto write = [&](const std::string& id, std::size_t clock, const std::vector<std::string>& sheets) {
    for (std::size_t s = 0; s < sheets.size(); ++s) {
      std::string name = id;
      if (clock > 0) name += fmt::format("-{}", to_string(curve_clocks[clock]));
      if (s > 0) name += fmt::format("-{}", s + 1);
      write_atomically(folder / (name + ".svg"), sheets[s]);
    }
  };
  for (const auto* list : {&figures.curves, &figures.along_axes, &figures.profiles})
    for (const Figure& figure : *list)
      for (std::size_t k = 0; k < figure.plots.size(); ++k) write(figure.id, k, svgs_of(figure, k));
  for (const PhaseDiagram& diagram : figures.maps)
    for (std::size_t k = 0; k < diagram.svgs.size(); ++k) write(diagram.id, k, diagram.svgs[k]);
}

}  // namespace tightrope
