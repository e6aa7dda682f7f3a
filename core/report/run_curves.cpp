// Curves of a single run.
#include <algorithm>
#include <map>

#include "core/report/bands.hpp"
#include "core/report/curves.hpp"
#include "core/report/overlays.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_points = 1200;  // of a curve

Figure empty_figure(const std::string& id, const std::string& title, const std::string& description,
                    const std::string& y_label) {
  Figure figure{id, title, description, "", {}, {}, true};
  for (const Clock clock : all_clocks) {
    Plot plot;
    plot.x_label = in_words(clock);
    plot.y_label = y_label;
    plot.panels.emplace_back();
    figure.plots.push_back(std::move(plot));
  }
  return figure;
}

void add_column(Figure& figure, const StoredCell& cell, Index column, const std::vector<Claim>& claims,
                const std::optional<SuccessCriterion>& criterion) {
  const Column& of = cell.trace.columns[column];
  for (std::size_t k = 0; k < figure.plots.size(); ++k) {
    Panel& panel = figure.plots[k].panels.front();
    const Track track = track_of(cell.trace, column, all_clocks[k], cell.end.end_class == EndClass::diverged);
    if (track.x.empty()) continue;
    Series series = band_of({track}, of.logarithmic, most_points);
    if (series.x.empty()) continue;
    series.name = worded(of.name);
    series.style = panel.series.size();
    panel.series.push_back(std::move(series));
    add_overlays(panel, overlays_of(criterion, of.name));
    add_overlays(panel, overlays_of(claims, of.name, all_clocks[k], {&cell}));
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

std::string in_words(Clock clock) { return clock == Clock::passes ? "passes over the operator" : to_string(clock); }

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
      {empty_figure("overview", "Overview", "the most telling quantities together", ""), true, 1 << 30}};
  std::map<std::string, std::size_t> families;
  for (Index c = 2; c < columns.size(); ++c) {
    const Column& column = columns[c];
    const std::string kin = family_of(column.name);
    std::size_t at = 0;
    if (!kin.empty() && families.count(kin)) {
      at = families[kin];
    } else if (!kin.empty() || column.display_priority <= 0 || !column.logarithmic) {
      at = figures.size();
      if (!kin.empty()) families[kin] = at;
      const std::string name = kin.empty() ? column.name : kin;
      figures.push_back(
          {empty_figure(safe_id(name), capitalised(worded(name)) + (kin.empty() ? "" : " over the run"),
                        kin.empty() ? column.description : of_any_index(column.description, column.name), worded(name)),
           column.logarithmic, column.display_priority});
    }
    add_column(figures[at].figure, cell, c, claims, run.success);
  }
  std::stable_sort(figures.begin(), figures.end(),
                   [](const Entry& a, const Entry& b) { return a.display_priority > b.display_priority; });
  std::vector<Figure> result;
  for (Entry& entry : figures) {
    if (entry.figure.plots.front().panels.front().series.empty()) continue;
    for (Plot& plot : entry.figure.plots) {
      if (plot.y_label.empty()) plot.y_label = names_of(plot.panels.front());
      fit_scales(plot, false, entry.logarithmic);
      name_overlays(plot);
    }
    result.push_back(std::move(entry.figure));
  }
  return result;
}

}  // namespace tightrope
