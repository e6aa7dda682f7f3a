// Curves of a single run.
#include <algorithm>
#include <cmath>
#include <map>

#include "core/report/cell_words.hpp"
#include "core/report/figures/curves/bands.hpp"
#include "core/report/figures/curves/curves.hpp"
#include "core/report/figures/overlays.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_points = 1200;  // of a curve

Series curve_of(const StoredCell& cell, Index column, const Clock& clock) {
  const Track track = track_of(cell.trace, column, clock, cell.end.end_class == EndClass::diverged);
  return track.x.empty() ? Series() : band_of({track}, cell.trace.columns[column].logarithmic, most_points);
}

void add_column(Figure& figure, const StoredCell& cell, Index column, const std::vector<Claim>& claims,
                const std::optional<SuccessCriterion>& criterion) {
  const std::string& name = cell.trace.columns[column].name;
  for (std::size_t k = 0; k < figure.plots.size(); ++k) {
    Panel& panel = figure.plots[k].panels.front();
    Series series = curve_of(cell, column, clocks()[k]);
    if (series.x.empty()) continue;
    series.name = worded(name);
    series.style = panel.series.size();
    panel.series.push_back(std::move(series));
    add_overlays(panel, overlays_of(criterion, name));
    add_overlays(panel, overlays_of(claims, name, clocks()[k], {&cell}));
  }
}

/// The predicted course of a column that the figure has.
void add_theory(Figure& figure, const StoredCell& cell, Index column, Index of) {
  const std::string name = worded(cell.trace.columns[of].name);
  for (std::size_t k = 0; k < figure.plots.size(); ++k) {
    Panel& panel = figure.plots[k].panels.front();
    const auto curve = std::ranges::find(panel.series, name, &Series::name);
    Series theory = curve_of(cell, column, clocks()[k]);
    if (theory.x.empty() || curve == panel.series.end()) continue;
    theory.name = name + ", theory";
    theory.style = curve->style;
    theory.is_lost = false;
    panel.theories.push_back(std::move(theory));
  }
}

/// Where the marks of the trace, and the iterate that was kept, lie on a clock: between two recorded rows linear in the
/// iteration.
std::vector<Event> events_of(const StoredCell& cell, const Clock& clock) {
  const Trace& trace = cell.trace;
  std::vector<TraceMark> marks = trace.marks;
  if (const auto kept = kept_iteration(cell))
    marks.insert(std::ranges::find_if(marks, [&](const TraceMark& mark) { return mark.iteration > *kept; }),
                 {*kept, "kept"});
  std::vector<Event> events;
  const std::vector<Real> times = clock.of(trace);
  for (const TraceMark& mark : marks) {
    const auto iteration = static_cast<Real>(mark.iteration);
    const auto after =
        std::ranges::find_if(trace.rows, [&](const std::vector<Real>& row) { return row[0] >= iteration; });
    if (after == trace.rows.end()) continue;
    const auto row = static_cast<std::size_t>(after - trace.rows.begin());
    if (row >= times.size() || !std::isfinite(times[row])) continue;
    Real x = times[row];
    if (row > 0 && std::isfinite(times[row - 1])) {
      const Real first = trace.rows[row - 1][0], before = times[row - 1];
      x = before + (x - before) * (iteration - first) / ((*after)[0] - first);
    }
    events.push_back({x, mark.word});
  }
  return events;
}

/// Where the run was in which phase: from the row in which a phase begins to the one in which the next does.
std::vector<Stretch> stretches_of(const StoredCell& cell, const Clock& clock) {
  const Trace& trace = cell.trace;
  std::vector<Stretch> stretches;
  const std::vector<Real> times = clock.of(trace);
  for (Index c = 0; c < trace.columns.size(); ++c) {
    const std::vector<std::string>& names = trace.columns[c].phases;
    if (names.empty()) continue;
    std::optional<std::size_t> current;
    for (std::size_t row = 0; row < times.size(); ++row) {
      const Real value = trace.rows[row][c], x = times[row];
      if (!std::isfinite(x) || !(value >= 1 && value <= static_cast<Real>(names.size()))) continue;
      if (current) stretches.back().high = x;
      const auto phase = static_cast<std::size_t>(value);
      if (current == phase) continue;
      stretches.push_back({x, x, names[phase - 1], phase - 1});
      current = phase;
    }
  }
  return stretches;
}

/// Curves with dashed theory over them have no dashes of their own.
void make_solid(Figure& figure) {
  for (Plot& plot : figure.plots)
    for (Panel& panel : plot.panels) {
      for (Series& series : panel.series) series.style = solid_style(series.style);
      for (Series& theory : panel.theories) theory.style = solid_style(theory.style);
    }
}

/// "relative error, train error"; more of them do not fit along an axis.
std::string names_of(const Panel& panel) {
  if (panel.series.size() > 3) return "value";
  std::string names;
  for (const Series& series : panel.series) names += (names.empty() ? "" : ", ") + series.name;
  return names;
}

}  // namespace

Figure empty_figure(const StoredRun& run, const std::string& id, const std::string& title,
                    const std::string& description, const std::string& y_label, const Facets* facets) {
  Figure figure{id, title, description, "", {}, {}, true};
  for (const Clock& clock : clocks_of(run)) {
    Plot& plot = figure.plots.emplace_back();
    plot.x_label = in_words(clock, run);
    plot.y_label = y_label;
    if (facets)
      facets->add_panels(plot);
    else
      plot.panels.emplace_back();
  }
  if (facets) {
    figure.note = facets->note;
    figure.facets = facets->facets;
  }
  return figure;
}

const Column* find_column(const StoredRun& run, const std::string& name) {
  for (const StoredCell& cell : run.cells)
    if (const auto at = cell.trace.find(name)) return &cell.trace.columns[*at];
  return nullptr;
}

std::vector<Clock> clocks_of(const StoredRun& run) {
  std::vector<Clock> known = clocks();
  const auto is_unknown = [&](const Clock& clock) {
    return !clock.is_cost &&
           std::ranges::any_of(run.cells, [&](const StoredCell& cell) { return clock.of(cell.trace).empty(); });
  };
  while (is_unknown(known.back())) known.pop_back();
  return known;
}

std::string in_words(const Clock& clock, const StoredRun& run) {
  const bool has_operator =
      std::ranges::any_of(run.cells, [](const StoredCell& cell) { return cell.sizes.measurements > 0; });
  return !has_operator && !clock.axis_of_problem.empty() ? clock.axis_of_problem
         : clock.axis.empty()                            ? clock.name
                                                         : clock.axis;
}

bool is_drawn(const Trace& trace, Index column) {
  const std::string& name = trace.columns[column].name;
  if (!trace.columns[column].phases.empty()) return false;
  if (name != "step") return std::ranges::none_of(clocks(), [&](const Clock& clock) { return clock.column == name; });
  std::vector<Real> steps = trace.column(column);
  std::erase_if(steps, [](Real step) { return !std::isfinite(step); });
  return std::ranges::any_of(steps, [&](Real step) { return step != steps.front(); });
}

std::optional<Index> predicted_by(const Trace& trace, Index column) {
  const std::string& name = trace.columns[column].theory_of;
  return name.empty() || name == trace.columns[column].name ? std::nullopt : trace.find(name);
}

std::string family_of(const std::string& column) {
  const std::size_t at = column.find_last_not_of("0123456789");
  return at != std::string::npos && at + 1 < column.size() && column[at] == '_' ? column.substr(0, at) : "";
}

std::string of_any_index(std::string description, const std::string& column) {
  const std::string index = column.substr(column.find_last_of('_') + 1);
  if (const auto at = (description + " ").find(" " + index + " "); at != std::string::npos)
    description.replace(at + 1, index.size(), "i");
  return description;
}

std::vector<Figure> curves_of_run(const StoredRun& run) {
  const StoredCell& cell = run.cells.front();
  const std::vector<Claim> claims = claims_of(run);
  const auto& columns = cell.trace.columns;
  struct Entry {
    Figure figure;
    bool logarithmic;
    int display_priority;
  };
  std::vector<Entry> figures = {
      {empty_figure(run, "overview", "Overview", "the most telling quantities together", ""), true, 1 << 30}};
  std::map<std::string, std::size_t> families;
  std::map<Index, std::size_t> figure_of;  // by column
  for (Index c = 2; c < columns.size(); ++c) {
    const Column& column = columns[c];
    if (!is_drawn(cell.trace, c) || predicted_by(cell.trace, c)) continue;
    const std::string family = family_of(column.name);
    std::size_t at = 0;
    if (!family.empty() && families.count(family)) {
      at = families[family];
    } else if (!family.empty() || column.display_priority <= 0 || !column.logarithmic) {
      at = figures.size();
      if (!family.empty()) families[family] = at;
      const std::string name = family.empty() ? column.name : family;
      figures.push_back(
          {empty_figure(run, safe_id(name), capitalised(worded(name)) + (family.empty() ? "" : " over the run"),
                        family.empty() ? column.description : of_any_index(column.description, column.name),
                        worded(name)),
           column.logarithmic, column.name == "step" ? -1 : column.display_priority});
    }
    figure_of[c] = at;
    add_column(figures[at].figure, cell, c, claims, run.success);
  }
  for (Index c = 2; c < columns.size(); ++c)
    if (const auto of = predicted_by(cell.trace, c); of && figure_of.count(*of))
      add_theory(figures[figure_of[*of]].figure, cell, c, *of);
  std::ranges::stable_sort(figures, std::ranges::greater{}, &Entry::display_priority);
  std::vector<Figure> result;
  for (Entry& entry : figures) {
    if (entry.figure.plots.front().panels.front().series.empty()) continue;
    for (Plot& plot : entry.figure.plots) {
      if (plot.y_label.empty()) plot.y_label = names_of(plot.panels.front());
      fit_scales(plot, false, entry.logarithmic);
      name_overlays(plot);
    }
    for (std::size_t k = 0; k < entry.figure.plots.size(); ++k) {
      entry.figure.plots[k].panels.front().events = events_of(cell, clocks()[k]);
      entry.figure.plots[k].panels.front().stretches = stretches_of(cell, clocks()[k]);
    }
    if (!entry.figure.plots.front().panels.front().theories.empty()) make_solid(entry.figure);
    result.push_back(std::move(entry.figure));
  }
  return result;
}

}  // namespace tightrope
