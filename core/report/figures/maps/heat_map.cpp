#include "core/report/figures/maps/heat_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/report/figures/drawing/svg.hpp"
#include "core/report/figures/maps/matrix_picture.hpp"
#include "core/report/text.hpp"

namespace tightrope {

using namespace svg;

ColourScale::ColourScale(const HeatMaps& of) : meaning(of.meaning) {
  if (of.is_share) return;
  Real least = std::numeric_limits<Real>::infinity(), most = -least;
  for (const HeatMap& map : of.maps)
    for (const Square& square : map.squares)
      if (square.is_run && std::isfinite(square.value)) {
        least = std::min(least, square.value);
        most = std::max(most, square.value);
      }
  if (least > most) return;
  low = least;
  high = most;
  logarithmic = low > 0 && high >= 10 * low;
  if (logarithmic) meaning += " (logarithmic)";
}

Real ColourScale::place(Real value) const {
  if (high <= low) return 0.5;
  return std::clamp<Real>(logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low), 0,
                          1);
}

std::string axis_number(Real value) {
  const Real exponent = value > 0 ? std::round(std::log10(value)) : 0;
  if (value > 0 && (exponent >= 3 || exponent <= -2) && std::abs(value / std::pow(10, exponent) - 1) < 1e-9)
    return power_of_ten(static_cast<int>(exponent));
  return number(value);
}

std::size_t map_columns_in(Real width) {
  return std::clamp<std::size_t>(static_cast<std::size_t>(width / 40), 1, most_map_columns);
}

namespace {

constexpr std::size_t most_maps = 12;  // on a sheet
constexpr Real right = 16, gap = 22;

std::string bar(const ColourScale& colours, Real x, Real y, bool has_unreached) {
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
        "<text x=\"{2:.1f}\" y=\"{3}\">{4}</text>\n",
        at, y + 24, at + 26, y + 35, unreached_words);
  }
  return svg;
}

/// One map with its lower left corner at (x0, y0 + height); squares are w × h.
std::string squares_of(const HeatMap& map, const HeatMaps& of, const ColourScale& colours, Real x0, Real y0, Real w,
                       Real h) {
  const MapAxis &x = of.x, &y = of.y;
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
      const Real t = colours.place(square.value);
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

/// One sheet; `print`: millimetres.
std::string svg_of(const HeatMaps& of, const ColourScale& colours, const MapSheet& sheet, std::optional<Real> print) {
  const MapAxis &x = of.x, &y = of.y;
  const std::size_t count = sheet.last - sheet.first, columns = sheet.columns, rows = (count + columns - 1) / columns;
  Real left = 82, widest = 0;
  for (const Real value : y.values) widest = std::max(widest, text_width(axis_number(value), font));
  if (print) left = 32 + widest;  // no more than the labels take
  const Real width = print ? pixels(*print) : 980;
  const Real inner =
      std::min<Real>((width - left - right - static_cast<Real>(columns - 1) * gap) / static_cast<Real>(columns), 460);
  const Real w = inner / static_cast<Real>(x.values.size()), h = std::clamp<Real>(w * 0.62, 12, 34);
  std::vector<std::vector<std::string>> titles;
  std::size_t lines = 1;
  for (std::size_t m = sheet.first; m < sheet.last; ++m) {
    titles.push_back(in_lines(of.maps[m].title, inner, small_font));
    lines = std::max(lines, titles.back().size());
  }
  const Real head = 20 + line_height * static_cast<Real>(lines), upper = 47 + line_height * static_cast<Real>(lines);
  const Real height = h * static_cast<Real>(y.values.size()), row = height + head;
  const Real bottom = upper + static_cast<Real>(rows) * row - head;
  std::string body;
  for (std::size_t m = 0; m < count; ++m) {
    const Real x0 = left + static_cast<Real>(m % columns) * (inner + gap),
               y0 = upper + static_cast<Real>(m / columns) * row;
    body += panel_title(x0, y0, titles[m]) + squares_of(of.maps[sheet.first + m], of, colours, x0, y0, w, h);
    if (m % columns == 0)
      for (std::size_t j = 0; j < y.values.size(); ++j)
        body += label(x0 - 8, y0 + height - (static_cast<Real>(j) + 0.5) * h + 4, "end", axis_number(y.values[j]),
                      " class=\"tick\"");
    std::vector<std::pair<Real, std::string>> below;
    for (std::size_t i = 0; i < x.values.size(); ++i)
      below.emplace_back(x0 + (static_cast<Real>(i) + 0.5) * w, axis_number(x.values[i]));
    if (m + columns >= count) body += labels_along(below, x0 - gap / 2 + 2, x0 + inner + gap / 2 - 2, y0 + height + 18);
  }
  body += x_title(left, left + static_cast<Real>(columns) * (inner + gap) - gap, bottom + 40, x.title) +
          y_title(upper, bottom, bottom - upper + 80, y.title) +
          bar(colours, print ? 4 : left, bottom + 58, sheet.has_unreached);
  return document(width, bottom + (sheet.has_unreached ? 112 : 88), left, width - right, of.title, sheet.part, body,
                  print);
}

}  // namespace

std::vector<MapSheet> sheets_of(const HeatMaps& of, std::size_t most) {
  if (of.maps.empty()) return {};
  // With a row for each place where all series fit into one.
  const std::size_t maps = of.maps.size(), widest = of.x.values.size() > 6 && most > 2 ? most - 1 : most;
  const std::size_t columns = of.series > 1 && of.series <= widest && maps % of.series == 0 ? of.series
                              : maps == widest + 1                                          ? (maps + 1) / 2
                                                                                            : std::min(maps, widest);
  const std::size_t each = std::max(most_maps / columns, std::size_t{1}) * columns, count = (maps + each - 1) / each;
  std::vector<MapSheet> sheets;
  for (std::size_t s = 0; s < count; ++s) {
    MapSheet& sheet = sheets.emplace_back();
    sheet.first = s * each;
    sheet.last = std::min(maps, (s + 1) * each);
    sheet.columns = columns;
    if (count > 1) sheet.part = fmt::format("{} of {}", s + 1, count);
    for (std::size_t m = sheet.first; m < sheet.last; ++m)
      for (const Square& square : of.maps[m].squares)
        sheet.has_unreached = sheet.has_unreached || (square.is_run && std::isinf(square.value));
  }
  return sheets;
}

std::vector<std::string> svgs_of(const HeatMaps& of, std::optional<Real> width) {
  const ColourScale colours(of);
  std::vector<std::string> svgs;
  for (const MapSheet& sheet : sheets_of(of, width ? map_columns_in(*width) : most_map_columns))
    svgs.push_back(svg_of(of, colours, sheet, width));
  return svgs;
}

}  // namespace tightrope
