#include "core/report/figures/phase_diagrams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "core/report/figures/facets.hpp"
#include "core/report/figures/heat_map.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_maps = 12;    // on a sheet
constexpr std::size_t most_columns = 4;  // of maps, fewer of maps with many squares
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
  Real at = x + 10 + text_width(number(colours.low), 13);
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

/// Where maps of so many squares stand: in rows of so many; with a row for each place where `series` maps fit into one.
std::size_t columns_of(std::size_t maps, std::size_t series, const Axis& x) {
  const std::size_t most = x.values.size() > 6 ? most_columns - 1 : most_columns;
  if (series > 1 && series <= most && maps % series == 0) return series;
  if (maps == most + 1) return (maps + 1) / 2;
  return std::min(maps, most);
}

constexpr Real width = 980, left = 82, right = 16, gap = 22, top = 62;
constexpr Real font = 13, small_font = 12;

/// One map with its lower left corner at (x0, y0 + height); squares are w × h.
std::string squares_of(const Map& map, const Axis& x, const Axis& y, const Colours& colours, Real x0, Real y0, Real w,
                       Real h) {
  std::string svg;
  const Real height = h * static_cast<Real>(y.values.size());
  for (std::size_t j = 0; j < y.values.size(); ++j)
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      const Square& square = map.squares[j * x.values.size() + i];
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
      if (w >= text_width(square.text, 11) + 3 && h >= 14)
        svg += fmt::format(
            "<text class=\"value\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" font-size=\"11\" "
            "pointer-events=\"none\" fill=\"{}\">{}</text>\n",
            px + w / 2, py + h / 2 + 4, t < 0.5 ? "#fff" : "#111", escaped(square.text));
    }
  return svg;
}

/// Labels below a map, none wider than its share and none over another one.
std::string labels_below(const Axis& x, Real x0, Real w, Real y) {
  std::string svg;
  Real written = -1e9;  // right end of the last label
  const Real low = x0 - gap / 2 + 2, high = x0 + w * static_cast<Real>(x.values.size()) + gap / 2 - 2;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const std::string text = tick(x.values[i].first);
    const Real half = text_width(text, font) / 2;
    if (2 * half > high - low) continue;
    const Real at = std::clamp(x0 + (static_cast<Real>(i) + 0.5) * w, low + half, high - half);
    if (at - half < written + 5) continue;
    written = at + half;
    svg += fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", at, y,
                       escaped(text));
  }
  return svg;
}

struct Frame {
  std::string title;
  const Axis &x, &y;
  std::string x_label, y_label;
  Colours colours;
};

std::string sheet_of(const Frame& frame, const std::vector<Map>& maps, const std::string& part, std::size_t columns) {
  const Axis &x = frame.x, &y = frame.y;
  const std::size_t rows = (maps.size() + columns - 1) / columns;
  const Real inner =
      std::min<Real>((width - left - right - static_cast<Real>(columns - 1) * gap) / static_cast<Real>(columns), 460);
  const Real w = inner / static_cast<Real>(x.values.size()), h = std::clamp<Real>(w * 0.62, 12, 34);
  std::vector<std::vector<std::string>> titles;
  std::size_t lines = 1;
  bool has_unreached = false;
  for (const Map& map : maps) {
    titles.push_back(in_lines(map.title, inner, small_font));
    lines = std::max(lines, titles.back().size());
    for (const Square& square : map.squares)
      has_unreached = has_unreached || (square.is_run && std::isinf(square.value));
  }
  const Real head = 20 + 15 * static_cast<Real>(lines), first = top - 15 + 15 * static_cast<Real>(lines);
  const Real height = h * static_cast<Real>(y.values.size()), row = height + head;
  const Real bottom = first + static_cast<Real>(rows) * row - head;
  const Real room = width - left - right, own = text_width(part, font);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" "
      "font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"#333\">\n<title>{2}</title>\n"
      "<rect class=\"paper\" width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#fff\"/>\n"
      "<text class=\"title\" x=\"{3}\" y=\"24\" font-size=\"15\" font-weight=\"600\">{4}</text>\n",
      width, bottom + (has_unreached ? 112 : 88), escaped(frame.title + (part.empty() ? "" : ", " + part), 200), left,
      escaped(fitted(frame.title, room - own - 20, 15 * 1.1)));
  if (!part.empty())
    svg += fmt::format("<text class=\"part\" x=\"{}\" y=\"24\" text-anchor=\"end\">{}</text>\n", width - right, part);
  for (std::size_t m = 0; m < maps.size(); ++m) {
    const Real x0 = left + static_cast<Real>(m % columns) * (inner + gap),
               y0 = first + static_cast<Real>(m / columns) * row;
    for (std::size_t k = 0; k < titles[m].size(); ++k)
      svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"12\">{}</text>\n", x0,
                         y0 - 7 - 15 * static_cast<Real>(titles[m].size() - 1 - k), escaped(titles[m][k]));
    svg += squares_of(maps[m], x, y, frame.colours, x0, y0, w, h);
    if (m % columns == 0)
      for (std::size_t j = 0; j < y.values.size(); ++j)
        svg += fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", x0 - 8,
                           y0 + height - (static_cast<Real>(j) + 0.5) * h + 4, escaped(tick(y.values[j].first)));
    if (m + columns >= maps.size()) svg += labels_below(x, x0, w, y0 + height + 18);
  }
  svg += fmt::format("<text class=\"x\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                     left + (static_cast<Real>(columns) * (inner + gap) - gap) / 2, bottom + 40,
                     escaped(fitted(frame.x_label, room, font)));
  svg +=
      fmt::format("<text class=\"y\" text-anchor=\"middle\" transform=\"translate(18 {:.1f}) rotate(-90)\">{}</text>\n",
                  (first + bottom) / 2, escaped(fitted(frame.y_label, bottom - first + 80, font)));
  return svg + bar(frame.colours, left, bottom + 58, has_unreached) + "</svg>\n";
}

/// All maps, on as many sheets as they take.
std::vector<std::string> sheets_of(const Frame& frame, const std::vector<Map>& maps, std::size_t series) {
  if (maps.empty()) return {};
  const std::size_t columns = columns_of(maps.size(), series, frame.x),
                    each = std::max(most_maps / columns, std::size_t{1}) * columns,
                    count = (maps.size() + each - 1) / each;
  std::vector<std::string> sheets;
  for (std::size_t s = 0; s < count; ++s) {
    const auto at = [&](std::size_t i) { return maps.begin() + static_cast<long>(std::min(maps.size(), i)); };
    sheets.push_back(sheet_of(frame, {at(s * each), at((s + 1) * each)},
                              count > 1 ? fmt::format("{} of {}", s + 1, count) : "", columns));
  }
  return sheets;
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
    std::erase_if(maps, [](const Map& map) {
      return std::none_of(map.squares.begin(), map.squares.end(), [](const Square& own) { return own.is_run; });
    });
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
  maps.chosen = all;
  const std::string& note = facets.note;
  const std::string over = fmt::format(" over {} and {}", worded(x.label), worded(y.label));
  const auto drawn = [&](const std::string& title, const std::vector<Map>& of, const Colours& colours) {
    return sheets_of({title, x, y, axis_title(summary, x.label), axis_title(summary, y.label), colours}, of,
                     facets.series.size());
  };

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
                        {drawn(title, success, {false, 0, 1, "share of the repetitions"})}});
    PhaseDiagram time{"time_to_target",
                      "Median time to the target" + over,
                      "until " + target,
                      "Medians with censoring (Kaplan & Meier)." + note,
                      {}};
    for (const Clock& clock : costs()) {
      const auto times = maps.of([&clock](const Setting& setting) -> std::optional<Square> {
        const auto own = setting.arrivals.find(clock.name);
        if (own == setting.arrivals.end()) return std::nullopt;
        const TimeToTarget& median = own->second.times;
        const std::string count = fmt::format("{} of {} runs arrived", median.reached, median.count);
        if (!median.median)
          return Square{true, infinity, "",
                        fmt::format("more than {} {}; {}", number(median.more_than), clock.name, count)};
        return Square{true, *median.median, short_number(*median.median),
                      fmt::format("{} {}; {}", number(*median.median), clock.name, count)};
      });
      time.svgs.push_back(
          drawn(fmt::format("Median {} to the target{}", clock.name, over), times, colours_for(times, clock.name)));
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
                        {drawn(title, finals, colours_for(finals, "final " + worded(column)))}});
  }
  std::erase_if(diagrams, [](const PhaseDiagram& diagram) {
    return std::any_of(diagram.svgs.begin(), diagram.svgs.end(), [](const auto& sheets) { return sheets.empty(); });
  });
  return diagrams;
}

}  // namespace tightrope
