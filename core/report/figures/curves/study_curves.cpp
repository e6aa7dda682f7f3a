// Curves of a study: medians with bands.
#include <algorithm>
#include <set>

#include "core/report/figures/curves/bands.hpp"
#include "core/report/figures/curves/curves.hpp"
#include "core/report/figures/facets.hpp"
#include "core/report/figures/overlays.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_settings_in_detail = 60;          // beyond, only prominent columns are drawn
constexpr std::size_t points_of_all = 40'000;                // of all curves together, so that pages stay small …
constexpr std::size_t least_points = 24, most_points = 120;  // … but of each curve so many

struct Study {
  const StoredRun& run;
  const Summary& summary;
  std::vector<Claim> claims;
  std::size_t points;  // of a curve
};

bool has_theory(const StoredRun& run, const std::string& name) {
  return std::ranges::any_of(run.cells, [&](const StoredCell& cell) {
    return std::ranges::any_of(cell.trace.columns, [&](const Column& column) { return column.theory_of == name; });
  });
}

/// The median over a setting's runs of what is predicted of a column, as long as all of them have a prediction.
Series theory_of(const Study& study, const Setting& setting, const Column& column, const Clock& clock) {
  std::vector<Track> tracks;
  Real end = std::numeric_limits<Real>::infinity();
  for (const std::size_t i : setting.cells) {
    const Trace& trace = study.run.cells[i].trace;
    for (Index c = 2; c < trace.columns.size(); ++c) {
      const auto of = predicted_by(trace, c);
      if (!of || trace.columns[*of].name != column.name) continue;
      Track track = track_of(trace, c, clock, false);
      if (track.x.empty()) continue;
      end = std::min(end, track.x.back());
      tracks.push_back(std::move(track));
      break;
    }
  }
  Series theory = band_of(tracks, column.logarithmic, study.points);
  theory.is_lost = false;
  theory.low.clear();
  theory.high.clear();
  while (!theory.x.empty() && theory.x.back() > end) {
    theory.x.pop_back();
    theory.y.pop_back();
  }
  return theory;
}

/// Adds one column of all settings; `member`: its style, if the series are columns of one family.
void add_column(Figure& figure, const Study& study, const Facets& facets, const Column& column,
                std::optional<std::size_t> member) {
  for (std::size_t k = 0; k < figure.plots.size(); ++k) {
    for (std::size_t s = 0; s < study.summary.settings.size(); ++s) {
      const Setting& setting = study.summary.settings[s];
      if (!facets.spots[s]) continue;
      std::vector<const StoredCell*> runs;
      for (const std::size_t i : setting.cells)
        if (study.run.cells[i].trace.find(column.name)) runs.push_back(&study.run.cells[i]);
      Series series = band_of(study.run, setting, column.name, clocks()[k], study.points);
      if (series.x.empty()) continue;
      series.style = member.value_or(facets.spots[s]->series);
      series.name = member ? worded(column.name) : facets.series[series.style];
      if (series.name.empty()) series.name = worded(column.name);
      Panel& panel = facets.panel_at(figure.plots[k], *facets.spots[s]);
      Series theory = theory_of(study, setting, column, clocks()[k]);
      theory.style = series.style;
      theory.name = series.name + ", theory";
      if (!theory.x.empty()) panel.theories.push_back(std::move(theory));
      panel.series.push_back(std::move(series));
      add_overlays(panel, overlays_of(study.claims, column.name, clocks()[k], runs));
      add_overlays(panel, overlays_of(study.summary.criterion, column.name));
    }
  }
}

void finish(Figure& figure, bool logarithmic, std::vector<Figure>& figures) {
  bool is_empty = true;
  for (Plot& plot : figure.plots) {
    drop_empty_panels(plot);
    for (Panel& panel : plot.panels) {
      std::ranges::stable_sort(panel.series, {}, &Series::style);
      is_empty = is_empty && panel.series.empty();
    }
    fit_scales(plot, false, logarithmic);
    name_overlays(plot);
  }
  if (!is_empty) figures.push_back(std::move(figure));
}

}  // namespace

std::vector<Figure> curves_of_study(const StoredRun& run, const Summary& summary) {
  std::vector<std::string> names, families, others;
  for (const StoredCell& cell : run.cells)
    for (Index c = 2; c < cell.trace.columns.size(); ++c) {
      if (!is_drawn(cell.trace, c) || predicted_by(cell.trace, c)) continue;
      const std::string& name = cell.trace.columns[c].name;
      const std::string kin = family_of(name);
      std::vector<std::string>& list = kin.empty() ? others : families;
      const bool is_prominent = std::ranges::find(summary.columns, name) != summary.columns.end();
      const std::string& entry = kin.empty() ? name : kin;
      if ((is_prominent && kin.empty()) || std::ranges::find(list, entry) != list.end()) continue;
      list.push_back(entry);
    }
  for (const std::string& name : summary.columns)
    if (family_of(name).empty()) names.push_back(name);
  const bool in_detail = summary.settings.size() <= most_settings_in_detail;
  if (in_detail) names.insert(names.end(), others.begin(), others.end());

  const std::size_t curves = std::max<std::size_t>(1, summary.settings.size() * names.size());
  const Study study{run, summary, claims_of(run), std::clamp(points_of_all / curves, least_points, most_points)};
  std::vector<Figure> figures;
  const Facets facets = facets_of(summary);
  for (const std::string& name : names) {
    const Column* column = find_column(run, name);
    if (!column) continue;
    Figure figure =
        empty_figure(run, safe_id(name), capitalised(worded(name)), column->description, worded(name), &facets);
    add_column(figure, study, facets, *column, std::nullopt);
    finish(figure, column->logarithmic, figures);
  }
  if (!in_detail) return figures;
  FacetOptions options;
  options.methods_are_series = false;
  const Facets apart = facets_of(summary, options);
  for (const std::string& kin : families) {
    std::vector<const Column*> members;
    std::set<std::string> known;
    for (const StoredCell& cell : run.cells)
      for (Index c = 0; c < cell.trace.columns.size(); ++c)
        if (const Column& column = cell.trace.columns[c];
            family_of(column.name) == kin && !predicted_by(cell.trace, c) && known.insert(column.name).second)
          members.push_back(&column);
    Figure figure =
        empty_figure(run, safe_id(kin), capitalised(worded(kin)) + " over the run",
                     of_any_index(members.front()->description, members.front()->name), worded(kin), &apart);
    const bool have_theory =
        std::ranges::any_of(members, [&](const Column* member) { return has_theory(run, member->name); });
    for (std::size_t m = 0; m < members.size(); ++m)
      add_column(figure, study, apart, *members[m], have_theory ? solid_style(m) : m);
    finish(figure, members.front()->logarithmic, figures);
  }
  return figures;
}

}  // namespace tightrope
