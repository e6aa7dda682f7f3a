#include "core/report/figures/facets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

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
  std::vector<std::string> values, companions;
  std::vector<std::size_t> kept;  // positions in `values`
};

/// "snr 20 dB"
std::string told(const Summary& summary, const std::string& label, const std::string& value) {
  const std::string unit = unit_of(summary, label);
  return worded(label) + " " + value + (unit.empty() || !number_of(value) ? "" : " " + unit);
}

std::string told(const Summary& summary, const Direction& direction, const std::string& value) {
  std::string text = told(summary, direction.label, value);
  for (const Setting& setting : summary.settings) {
    if (value_of(setting, direction.label) != value) continue;
    for (const std::string& companion : direction.companions)
      text += ", " + told(summary, companion, value_of(setting, companion));
    break;
  }
  return text;
}

std::size_t position(const std::vector<std::string>& values, const std::string& value) {
  return static_cast<std::size_t>(std::find(values.begin(), values.end(), value) - values.begin());
}

}  // namespace

std::string unit_of(const Summary& summary, const std::string& label) {
  const auto axis = std::find_if(summary.axes.begin(), summary.axes.end(),
                                 [&](const StudyAxis& candidate) { return candidate.label == label; });
  return axis == summary.axes.end() ? "" : axis->unit;
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
  return *std::find_if(plot.panels.begin(), plot.panels.end(),
                       [&](const Panel& panel) { return panel.place == spot.place; });
}

Facets facets_of(const Summary& summary, const FacetOptions& options) {
  Facets result;
  const auto is_apart = [&](const std::string& label) {
    return std::find(options.apart.begin(), options.apart.end(), label) != options.apart.end();
  };
  const bool has_methods = options.methods_are_series && !summary.methods.empty() && !is_apart(summary.by);
  std::set<std::string> of_methods;
  if (has_methods)
    for (const Method& method : summary.methods) {
      result.series.push_back(method.name);
      for (const auto& [label, value] : method.labels) of_methods.insert(label);
    }

  std::vector<Direction> directions;
  for (const std::string& label : summary.setting_axes()) {
    Direction direction{label, values_of(summary, label), {}, {}};
    if (is_apart(label) || of_methods.count(label) || direction.values.size() < 2) continue;
    const bool is_known = std::any_of(options.apart.begin(), options.apart.end(),
                                      [&](const std::string& own) { return follows_from(summary, label, own); }) ||
                          (has_methods && follows_from(summary, label, summary.by));
    const auto leader = std::find_if(directions.begin(), directions.end(),
                                     [&](const Direction& other) { return follows_from(summary, label, other.label); });
    if (is_known) continue;
    if (leader != directions.end())
      leader->companions.push_back(label);
    else
      directions.push_back(std::move(direction));
  }
  std::string series_label;  // of an axis that takes the part of the methods
  if (!has_methods && options.methods_are_series) {
    const auto axis = std::find_if(directions.begin(), directions.end(),
                                   [](const Direction& direction) { return direction.values.size() <= most_series; });
    if (axis != directions.end()) {
      series_label = axis->label;
      for (const std::string& value : axis->values) result.series.push_back(told(summary, *axis, value));
      directions.erase(axis);
    }
  }
  if (result.series.empty()) result.series.emplace_back();
  const std::vector<std::string> series_values =
      series_label.empty() ? std::vector<std::string>{} : values_of(summary, series_label);

  std::stable_sort(directions.begin(), directions.end(),
                   [](const Direction& a, const Direction& b) { return a.values.size() > b.values.size(); });
  std::size_t panels = 1;
  for (Direction& direction : directions) {
    direction.kept = evenly_spread(direction.values.size(), direction.values.size());
    panels *= direction.values.size();
  }
  while (panels > options.most_panels) {
    const auto longest = std::max_element(directions.begin(), directions.end(),
                                          [](const auto& a, const auto& b) { return a.kept.size() < b.kept.size(); });
    const std::size_t before = longest->kept.size();
    panels /= before;
    longest->kept = evenly_spread(longest->values.size(), (before + 1) / 2);
    panels *= longest->kept.size();
  }
  for (std::size_t d = 0; d < directions.size(); ++d) {
    const Direction& direction = directions[d];
    Facet facet{worded(direction.label), {}, {}};
    for (const std::size_t value : direction.kept)
      facet.values.push_back(told(summary, direction, direction.values[value]));
    const std::size_t most = directions.size() == 1 ? most_alone : d == 0 ? most_columns : d == 1 ? most_rows : 1;
    facet.shown = evenly_spread(facet.values.size(), most);
    if (direction.kept.size() < direction.values.size())
      result.note += fmt::format(" Of the {} values of {}, {} evenly spread ones are offered here.",
                                 direction.values.size(), worded(direction.label), direction.kept.size());
    result.facets.push_back(std::move(facet));
  }

  for (const Setting& setting : summary.settings) {
    Facets::PanelIndex spot;
    bool is_left_out = false;
    if (has_methods) {
      const auto method = std::find_if(summary.methods.begin(), summary.methods.end(), [&](const Method& candidate) {
        return std::all_of(candidate.labels.begin(), candidate.labels.end(),
                           [&](const auto& label) { return value_of(setting, label.first) == label.second; });
      });
      is_left_out = method == summary.methods.end();
      spot.series = static_cast<std::size_t>(method - summary.methods.begin());
    } else if (!series_label.empty()) {
      spot.series = position(series_values, value_of(setting, series_label));
    }
    for (const Direction& direction : directions) {
      const std::size_t value = position(direction.values, value_of(setting, direction.label));
      const auto kept = std::find(direction.kept.begin(), direction.kept.end(), value);
      is_left_out = is_left_out || kept == direction.kept.end();
      spot.place.push_back(static_cast<std::size_t>(kept - direction.kept.begin()));
    }
    result.spots.push_back(is_left_out ? std::nullopt : std::optional(spot));
  }
  return result;
}

}  // namespace tightrope
