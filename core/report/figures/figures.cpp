#include "core/report/figures/figures.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/report/figures/curves/curves.hpp"
#include "core/report/figures/curves/sensitivity.hpp"
#include "core/report/figures/drawing/pgfplots.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

/// Calls `visit` with the name of each figure by each clock, and with what draws its sheets.
template <class Visit>
void for_each_plot(const Figures& figures, const Visit& visit) {
  const auto name = [](const std::string& id, std::size_t clock) {
    return clock > 0 ? fmt::format("{}-{}", id, clocks()[clock].name) : id;
  };
  for (const auto* list : {&figures.curves, &figures.along_axes, &figures.profiles, &figures.sensitivity})
    for (const Figure& figure : *list)
      for (std::size_t k = 0; k < figure.plots.size(); ++k)
        visit(name(figure.id, k), [&figure, k](const DrawOptions& options) {
          return options.as == DrawnAs::latex ? pgfplots_of(figure, k, *options.width)
                                              : svgs_of(figure, k, options.width);
        });
  for (const auto* list : {&figures.maps, &figures.sensitivity_maps})
    for (const PhaseDiagram& diagram : *list)
      for (std::size_t k = 0; k < diagram.plots.size(); ++k)
        visit(name(diagram.id, k), [&diagram, k](const DrawOptions& options) {
          return options.as == DrawnAs::latex ? pgfplots_of(diagram, k, *options.width)
                                              : svgs_of(diagram.plots[k], options.width);
        });
}

}  // namespace

void rename(Figures& figures, const std::map<std::string, std::string>& names) {
  if (names.empty()) return;
  // Labels have words where names have underscores, and say more: "condition 10", "final relative error", "snr (dB)".
  const auto replace = [&](std::string& text) {
    if (const auto whole = names.find(text); whole != names.end()) {
      text = whole->second;
      return;
    }
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
      const bool is_start = at == 0 || std::string(" ,(").find(text[at - 1]) != std::string::npos;
      const std::string* best = nullptr;  // the longest name that stands here
      std::size_t length = 0;
      for (const auto& [name, other] : names) {
        const std::string known = worded(name);
        const std::size_t end = at + known.size();
        const bool is_end = end >= text.size() || std::string(" ,)").find(text[end]) != std::string::npos;
        if (!is_start || !is_end || known.size() <= length || text.compare(at, known.size(), known) != 0) continue;
        best = &other;
        length = known.size();
      }
      result += best ? *best : text.substr(at, 1);
      at += std::max<std::size_t>(length, 1);
    }
    text = result;
  };
  for (auto* list : {&figures.curves, &figures.along_axes, &figures.profiles, &figures.sensitivity})
    for (Figure& figure : *list) {
      for (Facet& facet : figure.facets)
        for (std::string& value : facet.values) replace(value);
      for (Plot& plot : figure.plots) {
        replace(plot.x_label);
        replace(plot.y_label);
        for (Panel& panel : plot.panels)
          for (auto* group : {&panel.series, &panel.theories})
            for (Series& series : *group) replace(series.name);
      }
    }
  for (auto* list : {&figures.maps, &figures.sensitivity_maps})
    for (PhaseDiagram& diagram : *list)
      for (HeatMaps& plot : diagram.plots) {
        replace(plot.x.title);
        replace(plot.y.title);
        replace(plot.meaning);
        for (HeatMap& map : plot.maps) replace(map.title);
      }
}

Figures figures_of(const StoredRun& run, const Summary& summary) {
  if (!run.is_study) return {curves_of_run(run), {}, {}, {}};
  // The file may be left from a run that tuned.
  const auto trials = run.tuned.empty() ? std::vector<TriedValues>() : read_trials(run.folder);
  return {curves_of_study(run, summary), figures_along_axes(run, summary),    profile_figures(summary),
          phase_diagrams_of(summary),    sensitivity_curves(trials, summary), sensitivity_maps(trials)};
}

void draw(const Figures& figures, const DrawOptions& options,
          const std::function<void(const std::string& name, const std::string& text)>& use) {
  for_each_plot(figures, [&](const std::string& name, const auto& sheets_of_plot) {
    if (options.of && *options.of != name) return;
    const std::vector<std::string> sheets = sheets_of_plot(options);
    for (std::size_t s = 0; s < sheets.size(); ++s) use(s > 0 ? fmt::format("{}-{}", name, s + 1) : name, sheets[s]);
  });
}

std::vector<std::string> names_of(const Figures& figures) {
  std::vector<std::string> names;
  for_each_plot(figures, [&](const std::string& name, const auto&) { names.push_back(name); });
  return names;
}

}  // namespace tightrope
