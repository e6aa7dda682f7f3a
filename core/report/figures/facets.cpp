#include "core/report/figures/facets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/text/word_list.hpp"
#include "core/report/tables/summary_tables.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_series = 7;                  // of an axis that takes the part of the methods
constexpr std::size_t most_alone = 8;                   // panels of the only facet
constexpr std::size_t most_columns = 4, most_rows = 3;  // panels of two facets

std::string value_of(const Setting& setting, const std::string& label) {
  const auto found = setting.labels.find(label);
  return found == setting.labels.end() ? "" : found->second;
}

/// Values of an axis that settings have, in the order of the file.
std::vector<std::string> values_of(const Summary& summary, const std::string& label) {
  std::set<std::string> present;
  for (const Setting& setting : summary.settings)
    if (setting.labels.count(label)) present.insert(setting.labels.at(label));
  std::vector<std::string> values;
  for (const StudyAxis& axis : summary.axes)
    if (axis.label == label)
      for (const std::string& value : axis.values)
        if (present.count(value)) values.push_back(value);
  return values;
}

bool follows_from(const Summary& summary, const std::string& what, const std::string& from) {
  std::map<std::string, std::string> known;
  for (const Setting& setting : summary.settings) {
    const auto [at, is_new] = known.emplace(value_of(setting, from), value_of(setting, what));
    if (!is_new && at->second != value_of(setting, what)) return false;
  }
  return true;
}

/// An axis with those whose values follow from its own.
struct Direction {
  std::string label;
  std::vector<std::string> values, dependent_axes;
  std::vector<std::size_t> kept;  // positions in `values`
};

/// "snr 20 dB"
std::string in_words(const Summary& summary, const std::string& label, const std::string& value) {
  const std::string unit = unit_of(summary, label);
  return worded(label) + " " + value + (unit.empty() || !number_of(value) ? "" : " " + unit);
}

std::string in_words(const Summary& summary, const Direction& direction, const std::string& value) {
  std::string text = in_words(summary, direction.label, value);
  for (const Setting& setting : summary.settings) {
    if (value_of(setting, direction.label) != value) continue;
    for (const std::string& axis : direction.dependent_axes)
      text += ", " + in_words(summary, axis, value_of(setting, axis));
    break;
  }
  return text;
}

std::size_t position(const std::vector<std::string>& values, const std::string& value) {
  return static_cast<std::size_t>(std::ranges::find(values, value) - values.begin());
}

/// The axes that are neither the figure's nor the methods', each with those that follow from it.
std::vector<Direction> directions_of(const Summary& summary, const std::vector<std::string>& figure_axes,
                                     bool has_methods) {
  std::vector<Direction> directions;
  for (const std::string& label : summary.setting_axes()) {
    Direction direction{label, values_of(summary, label), {}, {}};
    const bool is_of_methods =
        has_methods &&
        (follows_from(summary, label, summary.by) ||
         std::ranges::any_of(summary.methods, [&](const Method& method) { return method.labels.count(label) > 0; }));
    if (contains(figure_axes, label) || is_of_methods || direction.values.size() < 2 ||
        std::ranges::any_of(figure_axes, [&](const std::string& own) { return follows_from(summary, label, own); }))
      continue;
    const auto leader = std::ranges::find_if(
        directions, [&](const Direction& other) { return follows_from(summary, label, other.label); });
    if (leader != directions.end())
      leader->dependent_axes.push_back(label);
    else
      directions.push_back(std::move(direction));
  }
  return directions;
}

/// The axis that takes the part of the methods, taken out of the directions.
std::optional<Direction> axis_of_series(std::vector<Direction>& directions) {
  const auto axis = std::ranges::find_if(
      directions, [](const Direction& direction) { return direction.values.size() <= most_series; });
  if (axis == directions.end()) return std::nullopt;
  Direction taken = std::move(*axis);
  directions.erase(axis);
  return taken;
}

/// Leaves out values of the longest directions until there are no more panels than that.
void thin_out(std::vector<Direction>& directions, std::size_t most_panels) {
  std::size_t panels = 1;
  for (Direction& direction : directions) {
    direction.kept = evenly_spread(direction.values.size(), direction.values.size());
    panels *= direction.values.size();
  }
  while (panels > most_panels) {
    const auto longest = std::ranges::max_element(
        directions, [](const auto& a, const auto& b) { return a.kept.size() < b.kept.size(); });
    const std::size_t before = longest->kept.size();
    longest->kept = evenly_spread(longest->values.size(), (before + 1) / 2);
    panels = panels / before * longest->kept.size();
  }
}

/// The d-th of `count` facets, as the reader sees it.
Facet facet_of(const Summary& summary, const Direction& direction, std::size_t d, std::size_t count) {
  Facet facet{worded(direction.label), {}, {}};
  for (const std::size_t value : direction.kept)
    facet.values.push_back(in_words(summary, direction, direction.values[value]));
  facet.shown = evenly_spread(facet.values.size(), count == 1 ? most_alone
                                                   : d == 0   ? most_columns
                                                   : d == 1   ? most_rows
                                                              : 1);
  return facet;
}

/// Where a setting stands along the directions; null if that value is left out.
std::optional<std::vector<std::size_t>> place_of(const Setting& setting, const std::vector<Direction>& directions) {
  std::vector<std::size_t> place;
  for (const Direction& direction : directions) {
    const std::size_t value = position(direction.values, value_of(setting, direction.label));
    const auto kept = std::ranges::find(direction.kept, value);
    if (kept == direction.kept.end()) return std::nullopt;
    place.push_back(static_cast<std::size_t>(kept - direction.kept.begin()));
  }
  return place;
}

}  // namespace

std::string unit_of(const Summary& summary, const std::string& label) {
  const auto axis = std::ranges::find(summary.axes, label, &StudyAxis::label);
  return axis == summary.axes.end() ? "" : axis->unit;
}

std::vector<Real> numbers_along(const Summary& summary, const std::string& label) {
  std::set<Real> values;
  for (const Setting& setting : summary.settings) {
    const auto value = number_of(value_of(setting, label));
    if (!value) return {};
    values.insert(*value);
  }
  return values.size() < 3 ? std::vector<Real>{} : std::vector<Real>{values.begin(), values.end()};
}

std::string axis_title(const Summary& summary, const std::string& label) {
  return with_unit(worded(label), unit_of(summary, label));
}

std::vector<std::size_t> evenly_spread(std::size_t of, std::size_t count) {
  std::vector<std::size_t> chosen;
  if (count >= of || count < 2) {
    for (std::size_t i = 0; i < std::min(of, count); ++i) chosen.push_back(i);
  } else {
    for (std::size_t i = 0; i < count; ++i) chosen.push_back((i * (of - 1) + (count - 1) / 2) / (count - 1));
  }
  return chosen;
}

void Facets::add_panels(Plot& plot) const {
  std::set<std::vector<std::size_t>> places;  // backwards, so that the columns vary fastest
  for (const auto& spot : spots)
    if (spot) places.insert({spot->place.rbegin(), spot->place.rend()});
  for (const auto& place : places) plot.panels.push_back({{place.rbegin(), place.rend()}, {}, {}});
}

void drop_empty_panels(Plot& plot) {
  std::erase_if(plot.panels, [](const Panel& panel) { return panel.series.empty(); });
}

Panel& Facets::panel_at(Plot& plot, const PanelIndex& spot) const {
  return *std::ranges::find(plot.panels, spot.place, &Panel::place);
}

Facets facets_of(const Summary& summary, const FacetOptions& options) {
  Facets result;
  const bool has_methods =
      options.methods_are_series && !summary.methods.empty() && !contains(options.figure_axes, summary.by);
  std::vector<Direction> directions = directions_of(summary, options.figure_axes, has_methods);
  std::optional<Direction> axis;
  if (has_methods)
    for (const Method& method : summary.methods) result.series.push_back(method.name);
  else if (options.methods_are_series)
    axis = axis_of_series(directions);
  if (axis)
    for (const std::string& value : axis->values) result.series.push_back(in_words(summary, *axis, value));
  if (result.series.empty()) result.series.emplace_back();

  std::ranges::stable_sort(directions,
                           [](const Direction& a, const Direction& b) { return a.values.size() > b.values.size(); });
  thin_out(directions, options.most_panels);
  for (std::size_t d = 0; d < directions.size(); ++d) {
    const Direction& direction = directions[d];
    result.facets.push_back(facet_of(summary, direction, d, directions.size()));
    if (direction.kept.size() < direction.values.size())
      result.note += fmt::format(" Of the {} values of {}, {} evenly spread ones are offered here.",
                                 direction.values.size(), worded(direction.label), direction.kept.size());
  }

  for (const Setting& setting : summary.settings) {
    std::size_t series = axis ? position(axis->values, value_of(setting, axis->label)) : 0;
    if (has_methods)
      series = static_cast<std::size_t>(
          std::ranges::find_if(summary.methods, [&](const Method& method) { return is_of(method, setting); }) -
          summary.methods.begin());
    auto place = place_of(setting, directions);
    const bool is_shown = place && (!has_methods || series < summary.methods.size());
    result.spots.push_back(is_shown ? std::optional(Facets::PanelIndex{series, std::move(*place)}) : std::nullopt);
  }
  return result;
}

}  // namespace tightrope
