#include "core/report/figures/figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();
constexpr std::size_t most_columns = 5, most_rows = 6;  // of a sheet: a page in print

/// The next round number not below x: 1, 2 or 5 times a power of ten.
Real round_step(Real x) {
  const Real power = std::pow(10, std::floor(std::log10(x)));
  for (const Real factor : {1, 2, 5})
    if (x <= factor * power * (1 + 1e-9)) return factor * power;
  return 10 * power;
}

Scale linear_scale(Real low, Real high, bool rounded) {
  if (!(high > low) && rounded && low != 0) {  // one value is seen in the middle
    high = low + 0.1 * std::abs(low);
    low -= 0.1 * std::abs(low);
  }
  if (!(high > low)) high = low + std::max<Real>(1e-3 * std::abs(low), low == 0 ? 1 : 0);
  if (!rounded) return {false, low, high};
  const Real step = round_step((high - low) / 6);
  return {false, std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step};
}

/// Whole decades; where there are few, from and to 1, 2 or 5 times a power of ten.
Scale decade_scale(Real low, Real high) {
  const Real first = std::floor(std::log10(low) + 1e-9), last = std::ceil(std::log10(high) - 1e-9);
  Scale scale{true, std::pow(10, first), std::pow(10, std::max(last, first + 1))};
  if (last - first > 2) return scale;
  for (const Real factor : {2, 5}) {
    if (factor * std::pow(10, first) <= low) scale.low = factor * std::pow(10, first);
    if (std::pow(10, last) / factor >= high) scale.high = std::pow(10, last) / factor;
  }
  if (scale.high <= 1.5 * scale.low) return {true, std::pow(10, first), std::pow(10, first + 1)};
  return scale;
}

struct Range {
  Real low = infinity, high = -infinity;
  void add(Real value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool is_empty() const { return low > high; }
};

}  // namespace

Real Scale::place(Real value) const {
  return logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
}

std::string curve_colour(std::size_t i) {
  static constexpr std::array<const char*, 7> colours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                         "#e69f00", "#56b4e9", "#7f7f7f"};
  return colours[i % colours.size()];
}

namespace {

constexpr std::array<const char*, 4> dash_patterns = {"", "8 4", "2 3", "10 3 2 3"};
constexpr std::array<const char*, 6> mark_names = {"circle",  "square",      "triangle",
                                                   "diamond", "open circle", "open square"};
static_assert(grey_styles == dash_patterns.size() * mark_names.size());

}  // namespace

std::string curve_dashes(std::size_t i) { return dash_patterns[i % dash_patterns.size()]; }

Mark curve_mark(std::size_t i) { return static_cast<Mark>(i / dash_patterns.size() % mark_names.size()); }

const char* to_string(Mark mark) { return mark_names[static_cast<std::size_t>(mark)]; }

Real stretch_opacity(std::size_t index) { return std::array<Real, 4>{0.15, 0.07, 0.02, 0.11}[index % 4]; }

bool is_marked(std::size_t i) { return i >= dash_patterns.size(); }

void fit_scales(Plot& plot, bool logarithmic_x, bool logarithmic_y) {
  const bool points = plot.look == Plot::Look::points;
  Range x, y;
  for (const Panel& panel : plot.panels)
    for (const Series& series : panel.series) {
      // What a diverging run does last would leave no room for the others.
      const Real highest = series.is_lost && logarithmic_y && !series.y.empty() ? 1e3 * series.y.front() : infinity;
      for (std::size_t i = 0; i < series.y.size(); ++i) {
        x.add(series.x[i]);
        for (const auto* values : {&series.y, &series.low, &series.high})
          if (!values->empty() && std::isfinite((*values)[i]) && (!logarithmic_y || (*values)[i] > 0))
            y.add(std::min((*values)[i], highest));
      }
    }
  // Levels near the data are shown; one far from it would say more about itself than about the data.
  for (const Panel& panel : plot.panels)
    for (const Overlay& overlay : panel.overlays) {
      if (!overlay.is_level() || y.is_empty() || (logarithmic_y && overlay.y.front() <= 0)) continue;
      const Real level = overlay.y.front(), room = y.high - y.low;
      if (logarithmic_y ? level > y.low / 100 && level < y.high * 100 : level > y.low - room && level < y.high + room)
        y.add(level);
    }
  if (x.is_empty()) x = {0, 1};
  if (y.is_empty()) y = {logarithmic_y ? 1.0 : 0.0, logarithmic_y ? 10.0 : 1.0};
  plot.y = logarithmic_y ? decade_scale(y.low, y.high) : linear_scale(y.low, y.high, true);
  if (points) {
    const Real room = logarithmic_x ? std::pow(x.high / x.low, 0.06) : 0.06 * (x.high - x.low);
    plot.x =
        logarithmic_x ? Scale{true, x.low / room, x.high * room} : linear_scale(x.low - room, x.high + room, false);
  } else {
    plot.x = logarithmic_x ? Scale{true, x.low, std::max(x.high, 2 * x.low)}
                           : linear_scale(std::min<Real>(0, x.low), x.high, false);
  }
}

std::vector<Tick> ticks_of(const Scale& scale) {
  std::vector<Tick> ticks;
  if (!scale.logarithmic) {
    const Real step = round_step((scale.high - scale.low) / 6);
    for (Real k = std::ceil(scale.low / step - 1e-9); k * step <= scale.high + 1e-9 * step; ++k)
      ticks.push_back({k * step, tick_number(k * step)});
    return ticks;
  }
  const int first = static_cast<int>(std::ceil(std::log10(scale.low) - 1e-9)),
            last = static_cast<int>(std::floor(std::log10(scale.high) + 1e-9));
  if (last - first >= 2) {
    const int step = (last - first + 7) / 8;
    for (int k = first; k <= last; k += step) ticks.push_back({std::pow(10, k), power_of_ten(k)});
    return ticks;
  }
  for (int k = first - 1; k <= last; ++k)
    for (const int factor : {1, 2, 5}) {
      const Real value = factor * std::pow(10, k);
      if (value >= scale.low * (1 - 1e-9) && value <= scale.high * (1 + 1e-9))
        ticks.push_back({value, tick_number(value)});
    }
  return ticks;
}

std::string title_of(const Figure& figure, const Panel& panel, bool on_sheet) {
  std::string title;
  for (std::size_t f = 0; f < (on_sheet ? std::min<std::size_t>(2, figure.facets.size()) : figure.facets.size()); ++f)
    title += (title.empty() ? "" : " · ") + figure.facets[f].values[panel.place[f]];
  return title;
}

namespace {

/// So many columns that no row is longer than it must be.
std::size_t columns_for(std::size_t count, std::size_t most) {
  const std::size_t rows = (count + most - 1) / most;
  return rows == 0 ? 1 : (count + rows - 1) / rows;
}

/// The rows of panels for one combination of values of the third facet and those beyond.
std::vector<std::vector<std::optional<std::size_t>>> rows_of(
    const Figure& figure, const std::map<std::vector<std::size_t>, std::size_t>& panels,
    const std::vector<std::size_t>& rest, std::size_t columns) {
  const std::size_t across = figure.facets[0].values.size(),
                    down = figure.facets.size() > 1 ? figure.facets[1].values.size() : 1;
  std::vector<std::vector<std::optional<std::size_t>>> rows;
  for (std::size_t begin = 0; begin < across; begin += columns)
    for (std::size_t j = 0; j < down; ++j) {
      std::vector<std::optional<std::size_t>> row(columns);
      bool is_empty = true;
      for (std::size_t i = begin; i < std::min(across, begin + columns); ++i) {
        std::vector<std::size_t> place = {i};
        if (figure.facets.size() > 1) place.push_back(j);
        place.insert(place.end(), rest.begin(), rest.end());
        if (const auto at = panels.find(place); at != panels.end()) {
          row[i - begin] = at->second;
          is_empty = false;
        }
      }
      if (!is_empty) rows.push_back(std::move(row));
    }
  return rows;
}

}  // namespace

std::vector<Sheet> sheets_of(const Figure& figure, const Plot& plot) {
  if (figure.facets.empty()) {
    Sheet only;
    for (std::size_t p = 0; p < plot.panels.size(); ++p) only.panels.emplace_back(p);
    return {only};
  }
  std::map<std::vector<std::size_t>, std::size_t> panels;
  std::set<std::vector<std::size_t>> rests;  // values of the third facet and those beyond
  for (std::size_t p = 0; p < plot.panels.size(); ++p) {
    const auto& place = plot.panels[p].place;
    panels[place] = p;
    rests.insert({place.begin() + static_cast<long>(std::min<std::size_t>(2, place.size())), place.end()});
  }
  const std::size_t columns =
      columns_for(figure.facets[0].values.size(), figure.facets.size() > 1 ? most_columns : most_columns - 1);
  std::vector<Sheet> sheets;
  for (const auto& rest : rests) {
    std::string title;
    for (std::size_t f = 0; f < rest.size(); ++f)
      title += (title.empty() ? "" : " · ") + figure.facets[f + 2].values[rest[f]];
    const auto rows = rows_of(figure, panels, rest, columns);
    const std::size_t each = columns_for(rows.size(), most_rows), parts = (rows.size() + each - 1) / each;
    for (std::size_t part = 0; part < parts; ++part) {
      Sheet& sheet = sheets.emplace_back();
      sheet.title = title;
      if (parts > 1) sheet.title += fmt::format("{}{} of {}", title.empty() ? "" : ", ", part + 1, parts);
      sheet.columns = columns;
      for (std::size_t r = part * each; r < std::min(rows.size(), (part + 1) * each); ++r)
        sheet.panels.insert(sheet.panels.end(), rows[r].begin(), rows[r].end());
    }
  }
  return sheets;
}

}  // namespace tightrope
