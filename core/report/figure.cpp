#include "core/report/figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace tightrope {

namespace {

constexpr std::size_t most_points = 1200;  // of a curve; beyond, each bucket keeps its first value and its extremes

/// "sigma_4" → "sigma"; "" if the name does not end in a number.
std::string family(const std::string& name) {
  const std::size_t at = name.find_last_not_of("0123456789");
  return at != std::string::npos && at + 1 < name.size() && name[at] == '_' ? name.substr(0, at) : "";
}

std::vector<std::size_t> thinned(const std::vector<Real>& values) {
  std::vector<std::size_t> kept;
  const std::size_t buckets = most_points / 3;
  if (values.size() <= most_points) {
    for (std::size_t i = 0; i < values.size(); ++i) kept.push_back(i);
    return kept;
  }
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::size_t begin = b * values.size() / buckets, end = (b + 1) * values.size() / buckets;
    const auto [low, high] =
        std::minmax_element(values.begin() + static_cast<long>(begin), values.begin() + static_cast<long>(end));
    std::array<std::size_t, 3> chosen = {begin, static_cast<std::size_t>(low - values.begin()),
                                         static_cast<std::size_t>(high - values.begin())};
    std::sort(chosen.begin(), chosen.end());
    for (const std::size_t i : chosen)
      if (kept.empty() || kept.back() < i) kept.push_back(i);
  }
  if (kept.back() + 1 < values.size()) kept.push_back(values.size() - 1);
  return kept;
}

Curve curve_of(const Trace& trace, Index column, std::string name) {
  Curve all{std::move(name), {}, {}, {}, {}};
  for (std::size_t r = 0; r < trace.rows.size(); ++r) {
    const Real value = trace.rows[r][column];
    if (!std::isfinite(value) || (trace.columns[column].positive && value <= 0)) continue;
    all.iterations.push_back(trace.rows[r][0]);
    all.passes.push_back(trace.rows[r][1]);
    if (r < trace.seconds.size()) all.seconds.push_back(trace.seconds[r]);
    all.values.push_back(value);
  }
  Curve curve{all.name, {}, {}, {}, {}};
  for (const std::size_t i : thinned(all.values)) {
    curve.iterations.push_back(all.iterations[i]);
    curve.passes.push_back(all.passes[i]);
    if (i < all.seconds.size()) curve.seconds.push_back(all.seconds[i]);
    curve.values.push_back(all.values[i]);
  }
  return curve;
}

std::string safe_id(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') c = '_';
  return text.substr(0, 80);
}

struct Axis {
  double low = 0, high = 1;  // decades if logarithmic
  std::vector<double> ticks;
};

Axis linear_axis(double low, double high) {
  if (!(high > low)) high = low + 1;
  const double raw = (high - low) / 6, power = std::pow(10, std::floor(std::log10(raw)));
  const double unit = raw / power < 1.5   ? power
                      : raw / power < 3.5 ? 2 * power
                      : raw / power < 7.5 ? 5 * power
                                          : 10 * power;
  Axis axis{low, high, {}};
  for (double tick = std::ceil(low / unit) * unit; tick <= high + 1e-9 * unit; tick += unit)
    axis.ticks.push_back(std::abs(tick) < 1e-9 * unit ? 0 : tick);
  return axis;
}

Axis decade_axis(double low, double high) {
  Axis axis{std::floor(std::log10(low)), std::ceil(std::log10(high)), {}};
  if (axis.high <= axis.low) axis.high = axis.low + 1;
  const double step = std::max(1.0, std::ceil((axis.high - axis.low) / 8));
  for (double tick = std::ceil(axis.low / step) * step; tick <= axis.high; tick += step) axis.ticks.push_back(tick);
  return axis;
}

std::string capitalised(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

/// "singular value 3 of X" → "singular value i of X"
std::string of_any_index(std::string description, const std::string& name) {
  const std::string index = name.substr(name.find_last_of('_') + 1);
  if (const auto at = (description + " ").find(" " + index + " "); at != std::string::npos)
    description.replace(at + 1, index.size(), "i");
  return description;
}

}  // namespace

std::string worded(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string name_of(const StoredCell& cell) {
  std::string text;
  for (const auto& [axis, value] : cell.labels) text += (text.empty() ? "" : ", ") + value;
  return text;
}

std::string curve_colour(std::size_t i) {
  static constexpr std::array<const char*, 7> colours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                         "#e69f00", "#56b4e9", "#7f7f7f"};
  return colours[i % colours.size()];
}

std::string curve_dashes(std::size_t i) {
  static constexpr std::array<const char*, 5> dashes = {"", "7 4", "2 3", "9 3 2 3", "4 4"};
  return dashes[i % dashes.size()];
}

std::string escaped(const std::string& text, std::size_t most) {
  std::string out;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t size = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    const std::string letter = text.substr(i, size);
    i += size;
    if (shown++ == most) return out + "…";
    // Marks that turn the direction of text could make a name look like another.
    static const std::array<const char*, 9> turns = {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
                                                     "\u2066", "\u2067", "\u2068", "\u2069"};
    if (std::find(turns.begin(), turns.end(), letter) != turns.end()) continue;
    if (letter == "&")
      out += "&amp;";
    else if (letter == "<")
      out += "&lt;";
    else if (letter == ">")
      out += "&gt;";
    else if (letter == "\"")
      out += "&quot;";
    else if (letter == "'")
      out += "&#39;";
    else if (byte >= 0x20 || byte == '\n' || byte == '\t')
      out += letter;
  }
  return out;
}

std::vector<Figure> figures_of(const StoredRun& run) {
  std::vector<Figure> figures;
  const bool several = run.cells.size() > 1;
  Figure together{"overview", "Overview", "the most telling quantities together", true, {}};
  std::map<std::string, std::size_t> by_column;  // position in `figures`
  for (const StoredCell& cell : run.cells) {
    std::map<std::string, std::size_t> families;
    for (Index c = 2; c < cell.trace.columns.size(); ++c) {
      const Column& column = cell.trace.columns[c];
      const std::string kin = family(column.name);
      if (!kin.empty()) {
        if (!families.count(kin)) {
          families[kin] = figures.size();
          const std::string of = several ? ", " + name_of(cell) : "";
          figures.push_back({safe_id(kin + (several ? "-" + name_of(cell) : "")),
                             capitalised(worded(kin)) + " over the run" + of,
                             of_any_index(column.description, column.name),
                             column.positive,
                             {}});
        }
        figures[families[kin]].curves.push_back(curve_of(cell.trace, c, worded(column.name)));
      } else if (!several && column.prominence > 0 && column.positive) {
        together.curves.push_back(curve_of(cell.trace, c, worded(column.name)));
      } else {
        const auto known = by_column.find(column.name);
        const std::size_t at = known == by_column.end() ? figures.size() : known->second;
        if (known == by_column.end()) {
          by_column[column.name] = at;
          figures.push_back(
              {safe_id(column.name), capitalised(worded(column.name)), column.description, column.positive, {}});
        }
        figures[at].curves.push_back(curve_of(cell.trace, c, several ? name_of(cell) : worded(column.name)));
      }
    }
  }
  std::vector<Figure> result;
  if (!together.curves.empty()) result.push_back(std::move(together));
  // Prominent columns first, then the others in the order of the trace.
  const auto prominence = [&](const Figure& figure) {
    for (const StoredCell& cell : run.cells)
      for (const Column& column : cell.trace.columns)
        if (safe_id(column.name) == figure.id) return column.prominence;
    return 0;
  };
  std::stable_sort(figures.begin(), figures.end(),
                   [&](const Figure& a, const Figure& b) { return prominence(a) > prominence(b); });
  for (Figure& figure : figures) {
    std::erase_if(figure.curves, [](const Curve& curve) { return curve.values.empty(); });
    if (!figure.curves.empty()) result.push_back(std::move(figure));
  }
  return result;
}

std::string svg_of(const Figure& figure) {
  constexpr double width = 760, height = 420, left = 74, right = 16, top = 40, bottom = 48;
  double x_low = 0, x_high = 1, y_low = INFINITY, y_high = -INFINITY;
  for (const Curve& curve : figure.curves)
    for (std::size_t i = 0; i < curve.values.size(); ++i) {
      x_high = std::max(x_high, curve.iterations[i]);
      y_low = std::min(y_low, curve.values[i]);
      y_high = std::max(y_high, curve.values[i]);
    }
  const Axis x = linear_axis(x_low, x_high),
             y = figure.logarithmic ? decade_axis(y_low, y_high) : linear_axis(y_low, y_high);
  const double legend = 18.0 * static_cast<double>((figure.curves.size() + 2) / 3);
  const auto px = [&](double value) { return left + (value - x.low) / (x.high - x.low) * (width - left - right); };
  const auto py = [&](double value) {
    return height - bottom - (value - y.low) / (y.high - y.low) * (height - top - bottom);
  };
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" role=\"img\" font-family=\"system-ui, "
      "sans-serif\" font-size=\"13\" fill=\"#333\">\n"
      "<title>{2}</title>\n<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n<text x=\"{3}\" y=\"24\" "
      "font-size=\"15\" font-weight=\"600\">{2}</text>\n",
      width, height + legend, escaped(figure.title, 90), left);
  for (const double tick : y.ticks) {
    const std::string label =
        figure.logarithmic ? (tick == 0 ? "1" : fmt::format("1e{:.0f}", tick)) : fmt::format("{:g}", tick);
    svg += fmt::format(
        "<path d=\"M{} {:.1f}H{}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left,
        py(tick), width - right, left - 8, py(tick) + 4, label);
  }
  for (const double tick : x.ticks)
    svg += fmt::format(
        "<path d=\"M{0:.1f} {1}V{2}\" stroke=\"#eee\"/><text x=\"{0:.1f}\" y=\"{3}\" "
        "text-anchor=\"middle\">{4:g}</text>\n",
        px(tick), top, height - bottom, height - bottom + 18, tick);
  svg += fmt::format(
      "<path d=\"M{} {}V{}H{}\" fill=\"none\" stroke=\"#555\"/><text x=\"{}\" y=\"{}\" "
      "text-anchor=\"middle\">iterations</text>\n",
      left, top, height - bottom, width - right, (left + width - right) / 2, height - bottom + 38);
  for (std::size_t c = 0; c < figure.curves.size(); ++c) {
    const Curve& curve = figure.curves[c];
    std::string path;
    for (std::size_t i = 0; i < curve.values.size(); ++i)
      path += fmt::format("{}{:.1f} {:.1f}", i ? "L" : "M", px(curve.iterations[i]),
                          py(figure.logarithmic ? std::log10(curve.values[i]) : curve.values[i]));
    const std::string style = fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" stroke-dasharray=\"{}\"",
                                          curve_colour(c), curve_dashes(c));
    const double lx = left + static_cast<double>(c % 3) * 225, ly = height + 4 + 18 * static_cast<double>(c / 3);
    svg += fmt::format("<path d=\"{}\" {}/>\n<path d=\"M{} {}h26\" {}/><text x=\"{}\" y=\"{}\">{}</text>\n", path,
                       style, lx, ly - 4, style, lx + 33, ly, escaped(curve.name, 26));
  }
  return svg + "</svg>\n";
}

}  // namespace tightrope
