#include "core/report/figures/maps/phase_diagrams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/report/figures/facets.hpp"
#include "core/report/figures/maps/heat_map.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

/// The two numeric axes with the most values, three at least, which make up a map where the settings fill half of it
/// or more (a second axis that follows from the first makes a line, no map), and what maps over them are.
struct Maps {
  const Summary& summary;
  MapAxis x, y;
  Facets facets;
  std::vector<std::pair<std::vector<std::size_t>, std::size_t>> places;  // of the maps: of the panel, and series

  explicit Maps(const Summary& study) : summary(study) {
    std::vector<MapAxis> axes;
    for (const std::string& label : summary.setting_axes())
      if (std::vector<Real> values = numbers_along(summary, label); !values.empty() && label != summary.by)
        axes.push_back({label, axis_title(summary, label), std::move(values)});
    std::stable_sort(axes.begin(), axes.end(),
                     [](const MapAxis& a, const MapAxis& b) { return a.values.size() > b.values.size(); });
    if (axes.size() < 2) return;
    x = axes[0];
    y = axes[1];
    FacetOptions options;
    options.figure_axes = {x.label, y.label};
    facets = facets_of(summary, options);
    std::size_t filled = 0;
    for (const auto& spot : facets.spots)
      if (spot) {
        ++filled;
        places.emplace_back(spot->place, spot->series);
      }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    if (2 * filled < places.size() * x.values.size() * y.values.size()) places.clear();
  }

  std::string over() const { return fmt::format(" over {} and {}", worded(x.label), worded(y.label)); }

  /// Of one quantity, `square` being what a setting contributes, if anything.
  HeatMaps of(const std::string& title, const std::string& meaning, bool is_share,
              const std::function<std::optional<Square>(const Setting&)>& square) const {
    HeatMaps result{title, meaning, x, y, facets.series.size(), {}, is_share};
    for (const auto& [place, series] : places) {
      HeatMap map;
      map.title = facets.series[series];
      for (std::size_t f = 0; f < place.size(); ++f)
        map.title += (map.title.empty() ? "" : " · ") + facets.facets[f].values[place[f]];
      map.squares.resize(x.values.size() * y.values.size());
      bool is_empty = true;
      for (std::size_t s = 0; s < summary.settings.size(); ++s) {
        const Setting& setting = summary.settings[s];
        if (!facets.spots[s] || facets.spots[s]->place != place || facets.spots[s]->series != series) continue;
        const auto own = square(setting);
        if (!own) continue;
        is_empty = false;
        Square& at = map.squares[position(y, setting) * x.values.size() + position(x, setting)];
        at = *own;
        at.is_run = true;
        at.title = name_of(setting.labels) + ": " + at.title;
      }
      if (!is_empty) result.maps.push_back(std::move(map));
    }
    return result;
  }

 private:
  static std::size_t position(const MapAxis& axis, const Setting& setting) {
    const Real value = *number_of(setting.labels.at(axis.label));
    return static_cast<std::size_t>(std::find(axis.values.begin(), axis.values.end(), value) - axis.values.begin());
  }
};

constexpr const char* equal_steps = "Equal steps between the values of an axis.";

PhaseDiagram success_map(const Maps& maps) {
  const std::string title = "Probability of success" + maps.over();
  return {"success",
          title,
          "the share of the repetitions that reach " + worded(maps.summary.criterion->text()),
          equal_steps + maps.facets.note,
          {maps.of(title, "share of the repetitions", true, [](const Setting& setting) -> std::optional<Square> {
            if (!setting.success) return std::nullopt;
            const Success& own = *setting.success;
            const Real share = static_cast<Real>(own.reached) / static_cast<Real>(std::max<Index>(1, own.count));
            return Square{true, share, fmt::format("{:.2g}", share),
                          fmt::format("{} of {} runs succeeded, 95 % interval {:.2f} to {:.2f}", own.reached, own.count,
                                      own.share.low, own.share.high)};
          })}};
}

PhaseDiagram time_map(const Maps& maps) {
  PhaseDiagram diagram{"time_to_target",
                       "Median time to the target" + maps.over(),
                       "until " + worded(maps.summary.criterion->text()),
                       "Medians with censoring (Kaplan & Meier)." + maps.facets.note,
                       {}};
  for (const Clock& clock : costs()) {
    const std::string& unit = clock.name;
    diagram.plots.push_back(maps.of(
        fmt::format("Median {} to the target{}", unit, maps.over()), unit, false,
        [&](const Setting& setting) -> std::optional<Square> {
          const auto own = setting.arrivals.find(unit);
          if (own == setting.arrivals.end()) return std::nullopt;
          const TimeToTarget& times = own->second.times;
          const std::string count = fmt::format("{} of {} runs arrived", times.reached, times.count);
          if (!times.median)
            return Square{true, infinity, "", fmt::format("more than {} {}; {}", number(times.more_than), unit, count)};
          return Square{true, *times.median, number(*times.median, 2),
                        fmt::format("{} {}; {}", number(*times.median), unit, count)};
        }));
  }
  return diagram;
}

PhaseDiagram final_map(const Maps& maps, const std::string& column) {
  const std::string title = fmt::format("Final {}{}", worded(column), maps.over());
  return {
      safe_id("final_" + column + "_map"),
      title,
      "medians over the repetitions",
      equal_steps + maps.facets.note,
      {maps.of(title, "final " + worded(column), false, [&](const Setting& setting) -> std::optional<Square> {
        const FinalValues* own = setting.find(column);
        if (!own || own->count == 0) return std::nullopt;
        const Real median = own->median.value;
        if (!std::isfinite(median))
          return Square{true, median, "", fmt::format("half of the {} runs or more diverged or failed", own->count)};
        return Square{true, median, number(median, 2), fmt::format("median {} of {} runs", number(median), own->count)};
      })}};
}

}  // namespace

std::vector<PhaseDiagram> phase_diagrams_of(const Summary& summary) {
  const Maps maps(summary);
  if (maps.places.empty()) return {};
  std::vector<PhaseDiagram> diagrams;
  if (summary.criterion) {
    diagrams.push_back(success_map(maps));
    diagrams.push_back(time_map(maps));
  }
  if (!summary.columns.empty()) diagrams.push_back(final_map(maps, summary.columns.front()));
  std::erase_if(diagrams, [](const PhaseDiagram& diagram) {
    return std::any_of(diagram.plots.begin(), diagram.plots.end(),
                       [](const HeatMaps& own) { return own.maps.empty(); });
  });
  return diagrams;
}

}  // namespace tightrope
