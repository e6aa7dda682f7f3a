// Figures of what a study found: medians over an axis, performance profiles.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/report/figures/curves/curves.hpp"
#include "core/report/figures/facets.hpp"
#include "core/report/figures/overlays.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

Quantity quantity_called(const std::string& text) { return *read_quantity(Node::make_scalar(text, {})); }

struct Point {
  Real value = infinity;
  Interval interval{infinity, infinity};
};

/// One plot: `point` gives what a setting contributes, if anything.
template <class PointOf>
Plot plot_over(const StoredRun& run, const Summary& summary, const Facets& facets, const std::string& axis,
               const std::vector<Claim>& claims, const Quantity& quantity, const PointOf& point) {
  Plot plot;
  plot.look = Plot::Look::points;
  plot.x_label = axis_title(summary, axis);
  facets.add_panels(plot);
  struct Sample {
    Real x;
    Point point;
  };
  std::vector<Real> finite;
  for (Panel& panel : plot.panels)
    for (std::size_t series = 0; series < facets.series.size(); ++series) {
      std::vector<Sample> samples;
      std::vector<const StoredCell*> runs;
      for (std::size_t s = 0; s < summary.settings.size(); ++s) {
        const Setting& setting = summary.settings[s];
        if (!facets.spots[s] || facets.spots[s]->place != panel.place || facets.spots[s]->series != series) continue;
        const std::optional<Point> own = point(setting);
        if (!own) continue;
        samples.push_back({*number_of(setting.labels.at(axis)), *own});
        if (std::isfinite(own->value)) finite.push_back(own->value);
        for (const std::size_t i : setting.cells) runs.push_back(&run.cells[i]);
      }
      if (samples.empty()) continue;
      std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.x < b.x; });
      Series& curve = panel.series.emplace_back();
      curve.name = facets.series[series].empty() ? "all runs" : facets.series[series];
      curve.style = series;
      for (const Sample& sample : samples) {
        curve.x.push_back(sample.x);
        curve.y.push_back(sample.point.value);
        curve.low.push_back(sample.point.interval.low);
        curve.high.push_back(sample.point.interval.high);
      }
      add_overlays(panel, fits_along_axis(claims, quantity, axis, runs));
    }
  std::erase_if(finite, [](Real value) { return value <= 0; });
  drop_empty_panels(plot);
  name_overlays(plot);
  fit_scales(plot, spans_a_decade(numbers_along(summary, axis)), !finite.empty() && spans_a_decade(finite));
  return plot;
}

}  // namespace

bool spans_a_decade(const std::vector<Real>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return *low > 0 && *high >= 10 * *low;
}

std::vector<Figure> figures_along_axes(const StoredRun& run, const Summary& summary) {
  std::vector<Figure> figures;
  const std::vector<Claim> claims = claims_of(run);
  for (const std::string& axis : summary.setting_axes()) {
    const bool is_of_methods = std::any_of(summary.methods.begin(), summary.methods.end(),
                                           [&](const Method& method) { return method.labels.count(axis) > 0; });
    if (is_of_methods || numbers_along(summary, axis).empty()) continue;
    FacetOptions options;
    options.figure_axes = {axis};
    const Facets facets = facets_of(summary, options);
    const std::string name = worded(axis);
    const bool arrived = std::any_of(summary.settings.begin(), summary.settings.end(), [](const Setting& setting) {
      return setting.success && setting.success->reached > 0;
    });
    if (summary.criterion && arrived) {
      Figure figure{safe_id("time_over_" + axis),
                    "Time to the target over " + name,
                    fmt::format("until {}", worded(summary.criterion->text())),
                    "Medians over the repetitions with 95 % bootstrap intervals, runs that did not arrive taken into "
                    "account (Kaplan & Meier)." +
                        facets.note,
                    facets.facets,
                    {},
                    false};
      for (const Clock& clock : costs()) {
        const Quantity quantity = quantity_called(fmt::format("{} to {}", clock.name, summary.criterion->text()));
        figure.plots.push_back(plot_over(
            run, summary, facets, axis, claims, quantity, [&](const Setting& setting) -> std::optional<Point> {
              const auto arrival = setting.arrivals.find(clock.name);
              if (arrival == setting.arrivals.end()) return std::nullopt;
              return Point{arrival->second.times.median.value_or(infinity), arrival->second.interval};
            }));
        figure.plots.back().y_label = in_words(clock, run);
      }
      figures.push_back(std::move(figure));
    }
    if (summary.columns.empty()) continue;
    const std::string& column = summary.columns.front();
    Figure figure{safe_id("final_over_" + axis),
                  fmt::format("Final {} over {}", worded(column), name),
                  "at the end of the runs",
                  "Medians over the repetitions with 95 % bootstrap intervals." + facets.note,
                  facets.facets,
                  {},
                  false};
    figure.plots.push_back(plot_over(run, summary, facets, axis, claims, quantity_called("final " + column),
                                     [&](const Setting& setting) -> std::optional<Point> {
                                       const FinalValues* own = setting.find(column);
                                       if (!own || own->count == 0) return std::nullopt;
                                       return Point{own->median.value, own->median.interval};
                                     }));
    figure.plots.back().y_label = "final " + worded(column);
    figures.push_back(std::move(figure));
  }
  return figures;
}

std::vector<Figure> profile_figures(const Summary& summary) {
  if (summary.methods.size() < 2 || summary.problems < 2 || summary.profiles.empty() || !summary.criterion) return {};
  Figure figure{"performance_profile",
                "Performance profile",
                fmt::format("the share of the problems in which a method reaches {} at no more than τ times the cost "
                            "of the cheapest method",
                            worded(summary.criterion->text())),
                fmt::format("{} problems, each a setting with its repetition (Dolan & Moré, 2002).", summary.problems),
                {},
                {},
                false};
  for (const Clock& clock : costs()) {
    Plot plot;
    plot.look = Plot::Look::steps;
    plot.x_label = fmt::format("ratio τ to the fewest {}", clock.name);
    plot.y_label = "share of problems";
    Panel& panel = plot.panels.emplace_back();
    const auto profiles = summary.profiles.find(clock.name);
    if (profiles == summary.profiles.end()) return {};
    Real last = 1;
    for (const Profile& profile : profiles->second)
      for (const Profile::Step& step : profile.steps)
        if (std::isfinite(step.at)) last = std::max(last, step.at);
    last = std::max<Real>(2, 1.1 * last);
    for (std::size_t m = 0; m < profiles->second.size(); ++m) {
      Series series;
      series.name = summary.methods[m].name;
      series.style = m;
      series.x = {1};
      series.y = {0};
      for (const Profile::Step& step : profiles->second[m].steps)
        if (std::isfinite(step.at)) {
          series.x.push_back(step.at);
          series.y.push_back(step.share);
        }
      series.x.push_back(last);
      series.y.push_back(series.y.back());
      panel.series.push_back(std::move(series));
    }
    fit_scales(plot, true, false);
    plot.y = {false, 0, 1};
    figure.plots.push_back(std::move(plot));
  }
  return {figure};
}

}  // namespace tightrope
