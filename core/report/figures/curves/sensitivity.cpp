// What a tuned value is worth beside the others that were tried: curves over one path, maps over two.
#include "core/report/figures/curves/sensitivity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/report/figures/curves/curves.hpp"
#include "core/report/text.hpp"
#include "core/store/trials.hpp"

namespace tightrope {

namespace {

/// The trials of one setting and, by their positions, the paths of which it tried several numbers.
struct Searched {
  const TriedValues* trials = nullptr;
  std::vector<std::size_t> varied;
  std::string path(std::size_t k) const { return trials->paths[varied[k]]; }
};

std::vector<Real> numbers_along(const TriedValues& trials, std::size_t path) {
  std::vector<Real> numbers;
  for (const TriedValue& value : trials.values) numbers.push_back(value.numbers.at(path));
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

std::optional<Searched> searched(const TriedValues& trials) {
  Searched found{&trials, {}};
  for (std::size_t k = 0; k < trials.paths.size(); ++k) {
    const bool has_words = std::any_of(trials.values.begin(), trials.values.end(),
                                       [&](const TriedValue& value) { return std::isnan(value.numbers.at(k)); });
    if (has_words) return std::nullopt;
    if (numbers_along(trials, k).size() > 1) found.varied.push_back(k);
  }
  return found;
}

std::string name_of_setting(const TriedValues& trials) {
  return trials.labels.empty() ? "all runs" : name_of(trials.labels);
}

/// Settings that stand in one figure: of the same paths and the same column.
std::map<std::vector<std::string>, std::vector<Searched>> groups_of(const std::vector<TriedValues>& trials,
                                                                    std::size_t dimensions) {
  std::map<std::vector<std::string>, std::vector<Searched>> groups;
  for (const TriedValues& setting : trials)
    if (const auto found = searched(setting); found && found->varied.size() == dimensions) {
      std::vector<std::string> key = {setting.column};
      for (std::size_t k = 0; k < dimensions; ++k) key.push_back(found->path(k));
      groups[key].push_back(*found);
    }
  return groups;
}

std::string id_of(const std::vector<std::string>& key, bool is_only_column) {
  std::string id = "sensitivity";
  for (std::size_t k = 1; k < key.size(); ++k) id += "_" + key[k];
  return safe_id(is_only_column ? id : id + "_" + key[0]);
}

std::string title_of_group(const std::vector<std::string>& key) {
  return fmt::format("Final {} over {}", worded(key[0]), worded(key[1])) +
         (key.size() > 2 ? " and " + worded(key[2]) : "");
}

/// Whether no other group of figures is over the same paths.
template <class Groups>
bool is_only_column(const Groups& groups, const std::vector<std::string>& key) {
  return std::count_if(groups.begin(), groups.end(), [&](const auto& group) {
           return std::equal(group.first.begin() + 1, group.first.end(), key.begin() + 1, key.end());
         }) == 1;
}

constexpr const char* of_trials = "Medians over the trials, whose seeds the study itself does not use.";

constexpr std::size_t chosen_style = 20;  // an open square in grey

}  // namespace

std::vector<Figure> sensitivity_curves(const std::vector<TriedValues>& trials, const Summary& summary) {
  std::vector<Figure> figures;
  const auto groups = groups_of(trials, 1);
  for (const auto& [key, settings] : groups) {
    Plot plot;
    plot.look = Plot::Look::points;
    plot.x_label = worded(key[1]);
    plot.y_label = "final " + worded(key[0]);
    Panel& panel = plot.panels.emplace_back();
    // A line for each setting, in the style of its method where it has one.
    std::vector<std::string> names;
    for (const Method& method : summary.methods) names.push_back(method.name);
    std::vector<Series> chosen;
    std::vector<Real> x, y;
    for (const Searched& setting : settings) {
      const auto method = setting.trials->labels.find("method");
      const std::string name =
          method == setting.trials->labels.end() ? name_of_setting(*setting.trials) : method->second;
      auto known = std::find(names.begin(), names.end(), name);
      if (known == names.end()) known = names.insert(known, name);
      Series series;
      series.name = name;
      series.style = static_cast<std::size_t>(known - names.begin());
      const std::size_t k = setting.varied[0];
      std::vector<TriedValue> values = setting.trials->values;
      std::stable_sort(values.begin(), values.end(),
                       [&](const TriedValue& a, const TriedValue& b) { return a.numbers[k] < b.numbers[k]; });
      for (const TriedValue& value : values) {
        series.x.push_back(value.numbers[k]);
        series.y.push_back(value.last);
        x.push_back(value.numbers[k]);
        if (std::isfinite(value.last) && value.last > 0) y.push_back(value.last);
        // Of a share of a stable value there was no trial.
        if (value.numbers[k] != setting.trials->chosen[k] || !std::isfinite(value.last)) continue;
        Series& mark = chosen.emplace_back();
        mark.name = "chosen";
        mark.style = chosen_style;
        mark.x = {value.numbers[k]};
        mark.y = {value.last};
      }
      panel.series.push_back(std::move(series));
    }
    panel.series.insert(panel.series.end(), chosen.begin(), chosen.end());
    fit_scales(plot, spans_a_decade(x), !y.empty() && spans_a_decade(y));
    figures.push_back({id_of(key, is_only_column(groups, key)),
                       title_of_group(key),
                       "at the end of the trials",
                       of_trials + std::string(chosen.empty() ? "" : " An open square is on what was chosen."),
                       {},
                       {std::move(plot)},
                       false});
  }
  return figures;
}

std::vector<PhaseDiagram> sensitivity_maps(const std::vector<TriedValues>& trials) {
  std::vector<PhaseDiagram> diagrams;
  const auto groups = groups_of(trials, 2);
  for (const auto& [key, settings] : groups) {
    HeatMaps maps;
    maps.title = title_of_group(key);
    maps.meaning = "final " + worded(key[0]);
    for (auto [axis, k] : {std::pair{&maps.x, std::size_t{0}}, std::pair{&maps.y, std::size_t{1}}}) {
      axis->label = key[k + 1];
      axis->title = worded(key[k + 1]);
      for (const Searched& setting : settings)
        for (const Real number : numbers_along(*setting.trials, setting.varied[k])) axis->values.push_back(number);
      std::sort(axis->values.begin(), axis->values.end());
      axis->values.erase(std::unique(axis->values.begin(), axis->values.end()), axis->values.end());
    }
    const auto place = [](const MapAxis& axis, Real value) {
      return static_cast<std::size_t>(std::lower_bound(axis.values.begin(), axis.values.end(), value) -
                                      axis.values.begin());
    };
    for (const Searched& setting : settings) {
      HeatMap& map = maps.maps.emplace_back();
      map.title = settings.size() == 1 ? "" : name_of_setting(*setting.trials);
      map.squares.resize(maps.x.values.size() * maps.y.values.size());
      for (const TriedValue& value : setting.trials->values) {
        const Real x = value.numbers[setting.varied[0]], y = value.numbers[setting.varied[1]];
        Square& square = map.squares[place(maps.y, y) * maps.x.values.size() + place(maps.x, x)];
        square.is_run = true;
        square.value = value.last;
        const bool is_chosen = value.numbers == setting.trials->chosen;
        square.text = is_chosen ? "*" : "";
        square.title =
            fmt::format("{} {}, {} {}: {}{}", worded(key[1]), number(x), worded(key[2]), number(y),
                        std::isfinite(value.last) ? number(value.last) : "lost", is_chosen ? ", chosen" : "");
      }
    }
    diagrams.push_back({id_of(key, is_only_column(groups, key)),
                        maps.title,
                        "at the end of the trials",
                        of_trials + std::string(" A * stands on what was chosen."),
                        {std::move(maps)}});
  }
  return diagrams;
}

}  // namespace tightrope
