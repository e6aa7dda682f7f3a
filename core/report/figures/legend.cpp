// What the renderers of figures share: legends, marks, what was not reached.
#include <algorithm>
#include <cmath>
#include <set>

#include "core/report/figures/figure.hpp"

namespace tightrope {

std::vector<std::size_t> unreached_styles(const Plot& plot) {
  std::set<std::size_t> styles;
  if (plot.look == Plot::Look::points)
    for (const Panel& panel : plot.panels)
      for (const Series& series : panel.series)
        if (std::any_of(series.y.begin(), series.y.end(), [](Real y) { return std::isinf(y); }))
          styles.insert(series.style);
  return {styles.begin(), styles.end()};
}

std::vector<std::pair<Real, Real>> marks_along(const Plot& plot, const Series& series, Real spacing) {
  std::vector<std::pair<Real, Real>> points;
  Real next = spacing * std::fmod(0.2 + 0.38 * static_cast<Real>(series.style), 1);
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const Real at = plot.x.place(series.x[i]);
    // Up to the next point a step keeps its height.
    const Real end = plot.look == Plot::Look::steps && i + 1 < series.x.size() ? plot.x.place(series.x[i + 1]) : at;
    for (; next <= end; next = std::max(at, next) + spacing)
      points.emplace_back(next <= at ? series.x[i] : plot.x.value(next), series.y[i]);
  }
  if (points.empty() && !series.x.empty()) points.emplace_back(series.x.back(), series.y.back());
  return points;
}

std::vector<std::vector<LegendEntry>> legend_of(const Plot& plot, const Sheet& sheet) {
  using What = LegendEntry::What;
  std::vector<LegendEntry> curves, stretches, others;
  const auto add = [](std::vector<LegendEntry>& entries, LegendEntry entry) {
    const bool is_known =
        std::any_of(entries.begin(), entries.end(), [&](const LegendEntry& other) { return other.name == entry.name; });
    if (!is_known && !entry.name.empty()) entries.push_back(std::move(entry));
  };
  const bool points = plot.look == Plot::Look::points;
  bool is_lost = false, is_unreached = false;
  for (const auto& p : sheet.panels) {
    if (!p) continue;
    const Panel& panel = plot.panels[*p];
    for (const Series& series : panel.series) {
      add(curves, {What::curve, series.name, series.style, points || is_marked(series.style)});
      is_lost = is_lost || series.is_lost;
      is_unreached = is_unreached ||
                     (points && std::any_of(series.y.begin(), series.y.end(), [](Real y) { return std::isinf(y); }));
    }
    if (!panel.theories.empty()) add(others, {What::theory, "theory"});
    for (const Stretch& stretch : panel.stretches) add(stretches, {What::stretch, stretch.word, stretch.index});
    for (const Overlay& overlay : panel.overlays)
      add(others, {overlay.is_level() ? What::level : What::fit, overlay.name, overlay.dash});
  }
  if (is_lost) add(others, {What::lost, "diverged from here on"});
  if (is_unreached) add(others, {What::unreached, "no median: not reached, or diverged"});
  return {curves, stretches, others};
}

}  // namespace tightrope
