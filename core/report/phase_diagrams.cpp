#include "core/report/phase_diagrams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "core/report/facets.hpp"
#include "core/report/heat_map.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_maps = 12;
constexpr std::size_t most_columns = 3;  // of maps with many squares
constexpr Real infinity = std::numeric_limits<Real>::infinity();

/// An axis of numbers, in their order.
struct Axis {
  std::string label;
  std::vector<std::pair<Real, std::string>> values;
};

Axis numeric_axis(const Summary& summary, const std::string& label) {
  Axis axis{label, {}};
  for (const Setting& setting : summary.settings) {
    const auto own = setting.labels.find(label);
    const auto value = own == setting.labels.end() ? std::nullopt : number_of(own->second);
    if (!value) return {label, {}};
    axis.values.emplace_back(*value, own->second);
  }
  std::sort(axis.values.begin(), axis.values.end());
  axis.values.erase(std::unique(axis.values.begin(), axis.values.end()), axis.values.end());
  return axis;
}

/// One square of a map.
struct Square {
  bool is_run = false;  // whether there is any such setting
  Real value = infinity;
  std::string text, title;
};

struct Map {
  std::string title;
  std::vector<Square> squares;  // row by row of y, from below
};

/// What the colours of maps mean.
struct Colours {
  bool logarithmic = false;
  Real low = 0, high = 1;
  std::string meaning;
  Real place(Real value) const {
    if (high <= low) return 0.5;
    return logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  }
};

/// A label of an axis as short as it goes: "1e-6" → "10⁻⁶".
std::string tick(Real value) {
  const Real exponent = value > 0 ? std::round(std::log10(value)) : 0;
  if (value > 0 && (exponent >= 3 || exponent <= -2) && std::abs(value / std::pow(10, exponent) - 1) < 1e-9)
    return power_of_ten(static_cast<int>(exponent));
  return number(value);
}

std::string bar(const Colours& colours, Real x, Real y, bool has_unreached) {
  std::string svg = fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", x, y + 11, number(colours.low));
  Real at = x + 14 + 7.5 * static_cast<Real>(letters(number(colours.low)));
  for (int i = 0; i < 40; ++i)
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"{}\" width=\"4.6\" height=\"14\" fill=\"{}\"/>", at + 4 * i, y,
                       scale_colour((i + 0.5) / 40));
  at += 168;
  svg += fmt::format("\n<text x=\"{:.1f}\" y=\"{}\">{}</text>\n", at, y + 11,
                     escaped(number(colours.high) + "   " + colours.meaning, 90));
  if (has_unreached) {
    at = x;
    svg += fmt::format(
        "<path class=\"unreached\" d=\"M{0:.1f} {1}h18v14h-18Zl18 14m0 -14l-18 14\" fill=\"none\" stroke=\"#999\"/>"
        "<text x=\"{2:.1f}\" y=\"{3}\">no number: half of the runs or more did not arrive, diverged or failed</text>\n",
        at, y + 24, at + 26, y + 35);
  }
  return svg;
}

std::string svg_of(const std::string& title, const Axis& x, const Axis& y, const std::vector<Map>& maps,
                   const Colours& colours) {
  const std::size_t columns = maps.size() == 4 && x.values.size() > 6
                                  ? 2
                                  : std::min(maps.size(), x.values.size() > 6 ? most_columns : 4),
                    rows = (maps.size() + columns - 1) / columns;
  constexpr Real width = 980, left = 74, right = 16, gap = 22, top = 62;
  const Real inner =
      std::min<Real>((width - left - right - static_cast<Real>(columns - 1) * gap) / static_cast<Real>(columns), 460);
  const Real w = inner / static_cast<Real>(x.values.size()), h = std::clamp<Real>(w * 0.62, 12, 34);
  const Real height = h * static_cast<Real>(y.values.size()), row = height + 34;
  const Real bottom = top + static_cast<Real>(rows) * row - 34;
  bool has_unreached = false;
  for (const Map& map : maps)
    for (const Square& square : map.squares)
      has_unreached = has_unreached || (square.is_run && std::isinf(square.value));
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" "
      "font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"#333\">\n<title>{2}</title>\n"
      "<rect class=\"paper\" width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#fff\"/>\n"
      "<text class=\"title\" x=\"{3}\" y=\"24\" font-size=\"15\" font-weight=\"600\">{2}</text>\n",
      width, bottom + (has_unreached ? 112 : 88), escaped(title, 90), left);
  for (std::size_t m = 0; m < maps.size(); ++m) {
    const Real x0 = left + static_cast<Real>(m % columns) * (inner + gap),
               y0 = top + static_cast<Real>(m / columns) * row;
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"12\">{}</text>\n", x0, y0 - 7,
                       escaped(maps[m].title, static_cast<std::size_t>(inner / 6.4)));
    for (std::size_t j = 0; j < y.values.size(); ++j)
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        const Square& square = maps[m].squares[j * x.values.size() + i];
        if (!square.is_run) continue;
        const Real px = x0 + static_cast<Real>(i) * w, py = y0 + height - static_cast<Real>(j + 1) * h;
        const std::string name = fmt::format("<title>{}</title>", escaped(square.title, 300));
        if (std::isinf(square.value)) {
          svg += fmt::format(
              "<path class=\"unreached\" d=\"M{0:.1f} {1:.1f}h{2:.1f}v{3:.1f}h-{2:.1f}Zl{2:.1f} {3:.1f}m0 "
              "-{3:.1f}l-{2:.1f} {3:.1f}\" fill=\"none\" stroke=\"#999\" stroke-width=\".7\" "
              "pointer-events=\"all\">{4}</path>\n",
              px + 0.5, py + 0.5, w - 1, h - 1, name);
          continue;
        }
        const Real t = std::clamp<Real>(colours.place(square.value), 0, 1);
        svg += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\">{}</rect>\n",
                           px, py, w + 0.3, h + 0.3, scale_colour(t), name);
        if (w >= 7.2 * static_cast<Real>(letters(square.text)) && h >= 14)
          svg += fmt::format(
              "<text class=\"value\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" font-size=\"11\" "
              "pointer-events=\"none\" fill=\"{}\">{}</text>\n",
              px + w / 2, py + h / 2 + 4, t < 0.5 ? "#fff" : "#111", escaped(square.text));
      }
    if (m % columns == 0)
      for (std::size_t j = 0; j < y.values.size(); ++j)
        svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", x0 - 8,
                           y0 + height - (static_cast<Real>(j) + 0.5) * h + 4, escaped(tick(y.values[j].first)));
    if (m + columns >= maps.size()) {
      Real written = -1e9;  // right end of the last label
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        const std::string text = tick(x.values[i].first);
        const Real at = x0 + (static_cast<Real>(i) + 0.5) * w, half = 4.0 * static_cast<Real>(letters(text));
        if (at - half < written + 3) continue;
        written = at + half;
        svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", at, y0 + height + 18,
                           escaped(text));
      }
    }
  }
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                     left + (static_cast<Real>(columns) * (inner + gap) - gap) / 2, bottom + 40,
                     escaped(worded(x.label), 80));
  svg += fmt::format("<text text-anchor=\"middle\" transform=\"translate(18 {:.1f}) rotate(-90)\">{}</text>\n",
                     (top + bottom) / 2, escaped(worded(y.label), 60));
  return svg + bar(colours, left, bottom + 58, has_unreached) + "</svg>\n";
}

/// The maps of one quantity.
struct Maps {
  const Summary& summary;
  const Axis &x, &y;
  const Facets& facets;
  std::vector<std::pair<std::vector<std::size_t>, std::size_t>> chosen;  // place and series

  std::vector<Map> of(const std::function<std::optional<Square>(const Setting&)>& square) const {
    std::vector<Map> maps;
    for (const auto& [place, series] : chosen) {
      Map& map = maps.emplace_back();
      map.title = facets.series[series];
      for (std::size_t f = 0; f < place.size(); ++f)
        map.title += (map.title.empty() ? "" : " · ") + facets.facets[f].values[place[f]];
      map.squares.resize(x.values.size() * y.values.size());
      for (std::size_t s = 0; s < summary.settings.size(); ++s) {
        const Setting& setting = summary.settings[s];
        if (!facets.spots[s] || facets.spots[s]->place != place || facets.spots[s]->series != series) continue;
        const auto own = square(setting);
        if (!own) continue;
        Square& at = map.squares[position(y, setting) * x.values.size() + position(x, setting)];
        at = *own;
        at.is_run = true;
        at.title = name_of(setting.labels) + ": " + at.title;
      }
    }
    return maps;
  }

 private:
  static std::size_t position(const Axis& axis, const Setting& setting) {
    const Real value = *number_of(setting.labels.at(axis.label));
    return static_cast<std::size_t>(
        std::find_if(axis.values.begin(), axis.values.end(), [&](const auto& entry) { return entry.first == value; }) -
        axis.values.begin());
  }
};

Colours colours_for(const std::vector<Map>& maps, const std::string& meaning) {
  Real low = infinity, high = -infinity;
  for (const Map& map : maps)
    for (const Square& square : map.squares)
      if (square.is_run && std::isfinite(square.value)) {
        low = std::min(low, square.value);
        high = std::max(high, square.value);
      }
  if (low > high) return {false, 0, 1, meaning};
  return {low > 0 && high >= 10 * low, low, high, meaning + (low > 0 && high >= 10 * low ? " (logarithmic)" : "")};
}

std::string short_number(Real value) {
  if (value == std::floor(value) && std::abs(value) < 1e5) return fmt::format("{:.0f}", value);
  std::string text = fmt::format("{:.1e}", value);
  if (std::abs(value) >= 1e-2 && std::abs(value) < 1e4) return fmt::format("{:.2g}", value);
  for (const char* zeros : {"e-0", "e+0"})
    if (const auto at = text.find(zeros); at != std::string::npos) text.erase(at + 2, 1);
  return text;
}

}  // namespace

std::vector<PhaseDiagram> phase_diagrams_of(const Summary& summary) {
  std::vector<Axis> axes;
  for (const std::string& label : summary.setting_axes()) {
    Axis axis = numeric_axis(summary, label);
    if (axis.values.size() >= 3 && label != summary.by) axes.push_back(std::move(axis));
  }
  std::stable_sort(axes.begin(), axes.end(),
                   [](const Axis& a, const Axis& b) { return a.values.size() > b.values.size(); });
  if (axes.size() < 2) return {};
  const Axis &x = axes[0], &y = axes[1];
  FacetOptions options;
  options.apart = {x.label, y.label};
  const Facets facets = facets_of(summary, options);
  // A second axis that follows from the first makes a line, no map.
  std::size_t filled = 0;
  std::vector<std::pair<std::vector<std::size_t>, std::size_t>> all;
  for (const auto& spot : facets.spots) {
    if (!spot) continue;
    ++filled;
    if (std::find(all.begin(), all.end(), std::pair(spot->place, spot->series)) == all.end())
      all.emplace_back(spot->place, spot->series);
  }
  if (all.empty() || 2 * filled < all.size() * x.values.size() * y.values.size()) return {};
  std::sort(all.begin(), all.end());
  Maps maps{summary, x, y, facets, {}};
  for (const std::size_t i : evenly_spread(all.size(), most_maps)) maps.chosen.push_back(all[i]);
  const std::string note =
      all.size() > most_maps ? fmt::format(" {} of {} maps are shown.", most_maps, all.size()) : "";
  const std::string over = fmt::format(" over {} and {}", worded(x.label), worded(y.label));

  std::vector<PhaseDiagram> diagrams;
  if (summary.criterion) {
    const std::string target = worded(summary.criterion->text());
    const auto success = maps.of([](const Setting& setting) -> std::optional<Square> {
      if (!setting.success) return std::nullopt;
      const Success& own = *setting.success;
      const Real share = static_cast<Real>(own.reached) / static_cast<Real>(std::max<Index>(1, own.count));
      return Square{true, share, fmt::format("{:.2g}", share),
                    fmt::format("{} of {} runs succeeded, 95 % interval {:.2f} to {:.2f}", own.reached, own.count,
                                own.share.low, own.share.high)};
    });
    const std::string title = "Probability of success" + over;
    diagrams.push_back({"success",
                        title,
                        "the share of the repetitions that reach " + target,
                        "Equal steps between the values of an axis." + note,
                        {svg_of(title, x, y, success, {false, 0, 1, "share of the repetitions"})}});
    PhaseDiagram time{"time_to_target",
                      "Median time to the target" + over,
                      "until " + target,
                      "Medians with censoring (Kaplan & Meier)." + note,
                      {}};
    for (const Clock clock : all_clocks) {
      const auto times = maps.of([clock](const Setting& setting) -> std::optional<Square> {
        const auto own = setting.arrivals.find(clock);
        if (own == setting.arrivals.end()) return std::nullopt;
        const TimeToTarget& median = own->second.times;
        const std::string count = fmt::format("{} of {} runs arrived", median.reached, median.count);
        if (!median.median)
          return Square{true, infinity, "",
                        fmt::format("more than {} {}; {}", number(median.more_than), to_string(clock), count)};
        return Square{true, *median.median, short_number(*median.median),
                      fmt::format("{} {}; {}", number(*median.median), to_string(clock), count)};
      });
      time.svgs.push_back(svg_of(fmt::format("Median {} to the target{}", to_string(clock), over), x, y, times,
                                 colours_for(times, to_string(clock))));
    }
    diagrams.push_back(std::move(time));
  }
  if (!summary.columns.empty()) {
    const std::string& column = summary.columns.front();
    const auto finals = maps.of([&](const Setting& setting) -> std::optional<Square> {
      const FinalValues* own = setting.find(column);
      if (!own || own->count == 0) return std::nullopt;
      const Real median = own->median.value;
      return Square{true, median, std::isfinite(median) ? short_number(median) : "",
                    std::isfinite(median) ? fmt::format("median {} of {} runs", number(median), own->count)
                                          : fmt::format("half of the {} runs or more diverged or failed", own->count)};
    });
    const std::string title = fmt::format("Final {}{}", worded(column), over);
    diagrams.push_back({safe_id("final_" + column + "_map"),
                        title,
                        "medians over the repetitions",
                        "Equal steps between the values of an axis." + note,
                        {svg_of(title, x, y, finals, colours_for(finals, "final " + worded(column)))}});
  }
  return diagrams;
}

}  // namespace tightrope
