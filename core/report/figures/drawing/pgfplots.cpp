#include "core/report/figures/drawing/pgfplots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "core/report/figures/drawing/tikz.hpp"
#include "core/report/figures/maps/matrix_picture.hpp"
#include "core/report/tables/table.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

using tikz::colour;
using tikz::coordinates;

constexpr Real infinity = std::numeric_limits<Real>::infinity();
constexpr Real nothing = std::numeric_limits<Real>::quiet_NaN();
constexpr Real tolerance = 5e-4;  // of a panel's height: how far a curve may be from its points
constexpr Real strip_line = 4.5;  // points, of marks for what was not reached

struct Points {
  std::vector<Real> x, y;
  void add(Real at, Real up) {
    x.push_back(at);
    y.push_back(up);
  }
};

std::string stroke(std::size_t style, bool dashed = true) {
  return fmt::format("color={}, line width=.9pt, {}", colour(curve_colour(style)),
                     dashed ? tikz::dashes(curve_dashes(style)) : "");
}

std::string overlay_stroke(std::size_t dash, bool is_level) {
  return fmt::format("color=black!73, line width={}pt, {}", is_level ? ".5" : ".8", tikz::dashes(overlay_dashes(dash)));
}

std::string mark_options(std::size_t style) {
  static constexpr std::array<const char*, 6> marks = {"*", "square*", "triangle*", "diamond*", "*", "square*"};
  const Mark mark = curve_mark(style);
  const bool is_open = mark == Mark::open_circle || mark == Mark::open_square;
  return fmt::format("mark={}, mark size=1.5pt, mark options={{solid{}}}", marks[static_cast<std::size_t>(mark)],
                     is_open ? ", fill=white, line width=.7pt" : "");
}

std::string plot_of(const std::string& options, const Points& points, const char* end = "") {
  if (points.x.empty()) return "";
  return fmt::format("\\addplot[forget plot, {}] coordinates {{\n  {}}}{};\n", options, coordinates(points.x, points.y),
                     end);
}

/// One panel's commands.
class PanelText {
 public:
  PanelText(const Plot& plot, const Scale& y, Real width, Real height)
      : plot_(plot), y_(y), width_(width), height_(height), unreached_(unreached_styles(plot)) {}

  std::string text(const Panel& panel) const {
    std::string text;
    for (const Stretch& stretch : panel.stretches) text += band(stretch);
    if (!unreached_.empty())
      text += plot_of("black!65, line width=.3pt, dash pattern=on .5pt off 1.5pt",
                      {{plot_.x.low, plot_.x.high}, {plot_.y.high, plot_.y.high}});
    for (const Series& series : panel.series)
      if (plot_.look == Plot::Look::line && !series.low.empty()) text += band(series);
    for (const Overlay& overlay : panel.overlays)
      text += plot_of(overlay_stroke(overlay.dash, overlay.is_level()),
                      overlay.is_level()
                          ? Points{{plot_.x.low, plot_.x.high}, {up(overlay.y.front()), up(overlay.y.front())}}
                          : line(overlay.x, overlay.y));
    for (const Series& series : panel.series) text += curve(series);
    // The curve below is pale, so that the dashes are seen where both agree.
    for (const Series& theory : panel.theories) {
      const Points points = line(theory.x, theory.y);
      text += plot_of("color=white, line width=1.3pt, opacity=.65", points);
      text += plot_of(
          fmt::format("color={}, line width=.9pt, {}", colour(curve_colour(theory.style)), tikz::dashes(theory_dashes)),
          points);
    }
    if (plot_.look != Plot::Look::points)
      for (const Series& series : panel.series) text += marks(series);
    return text + events(panel.events);
  }

 private:
  /// A height that TeX can handle; what is far outside of the panel comes nearer, ∞ lies above it.
  Real up(Real value) const {
    if (std::isinf(value)) return y_.value(value > 0 ? 1.03 : -0.03);
    if (y_.logarithmic && value <= 0) return y_.value(-0.03);
    const Real place = y_.place(value);
    return place < -10 || place > 10 ? y_.value(std::clamp<Real>(place, -10, 10)) : value;
  }

  /// The points without which the line would be another one (Douglas & Peucker, 1973).
  Points line(const std::vector<Real>& xs, const std::vector<Real>& ys) const {
    std::vector<Real> at, height;
    Points all, kept;
    for (std::size_t i = 0; i < xs.size(); ++i) {
      all.add(xs[i], up(ys[i]));
      at.push_back(plot_.x.place(xs[i]) * width_ / height_);
      height.push_back(y_.place(all.y.back()));
    }
    std::vector<bool> is_kept(xs.size(), false);
    std::vector<std::pair<std::size_t, std::size_t>> parts;
    if (!xs.empty()) {
      is_kept.front() = is_kept.back() = true;
      parts.emplace_back(0, xs.size() - 1);
    }
    while (!parts.empty()) {
      const auto [first, last] = parts.back();
      parts.pop_back();
      const Real dx = at[last] - at[first], dy = height[last] - height[first], length = std::hypot(dx, dy);
      std::size_t far = first;
      Real most = tolerance;
      for (std::size_t i = first + 1; i < last; ++i) {
        const Real ex = at[i] - at[first], ey = height[i] - height[first];
        const Real distance = length > 0 ? std::abs(ex * dy - ey * dx) / length : std::hypot(ex, ey);
        if (!(distance > most)) continue;
        most = distance;
        far = i;
      }
      if (far == first) continue;
      is_kept[far] = true;
      parts.emplace_back(first, far);
      parts.emplace_back(far, last);
    }
    for (std::size_t i = 0; i < xs.size(); ++i)
      if (is_kept[i]) kept.add(all.x[i], all.y[i]);
    return kept;
  }

  std::string band(const Series& series) const {
    Points outline = line(series.x, series.high);
    const Points low = line(series.x, series.low);
    for (std::size_t i = low.x.size(); i-- > 0;) outline.add(low.x[i], low.y[i]);
    return plot_of(fmt::format("draw=none, fill={}, fill opacity=.18", colour(curve_colour(series.style))), outline,
                   " -- cycle");
  }

  /// From the bottom to the top.
  std::string band(const Stretch& stretch) const {
    const Real from = std::max(stretch.low, plot_.x.low), to = std::min(stretch.high, plot_.x.high);
    if (!(to > from)) return "";
    return plot_of(fmt::format("draw=none, fill=black, fill opacity={}", stretch_opacity(stretch.index)),
                   {{from, to, to, from}, {y_.low, y_.low, y_.high, y_.high}}, " -- cycle");
  }

  std::string curve(const Series& series) const {
    if (plot_.look == Plot::Look::points) return points(series);
    if (plot_.look == Plot::Look::line) return plot_of(stroke(series.style), line(series.x, series.y));
    Points all;
    for (std::size_t i = 0; i < series.x.size(); ++i) all.add(series.x[i], up(series.y[i]));
    return plot_of("const plot, " + stroke(series.style), all);
  }

  /// The marks of a line, and the cross where it is lost.
  std::string marks(const Series& series) const {
    std::string text;
    if (is_marked(series.style) || (plot_.look == Plot::Look::line && series.x.size() == 1)) {
      Points places;
      for (const auto& [x, y] : marks_along(plot_, series, 1.0 / 6)) places.add(x, up(y));
      text += plot_of(fmt::format("only marks, {}{}", stroke(series.style, false), mark_options(series.style)), places);
    }
    if (series.is_lost && !series.x.empty())
      text += plot_of(fmt::format("only marks, {}mark=x, mark size=2.6pt", stroke(series.style, false)),
                      {{series.x.back()}, {y_.value(std::clamp<Real>(y_.place(up(series.y.back())), 0.02, 0.98))}});
    return text;
  }

  /// Marks with bars, joined where both neighbours are known; what was not reached is an open mark at the top.
  std::string points(const Series& series) const {
    Points known, bars, lost;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (std::isfinite(series.y[i])) {
        known.add(series.x[i], up(series.y[i]));
        if (series.low.empty() || !(series.high[i] > series.low[i])) continue;
        bars.add(series.x[i], up(series.low[i]));
        bars.add(series.x[i], up(series.high[i]));
        bars.add(series.x[i], nothing);
      } else {
        const auto rank = std::find(unreached_.begin(), unreached_.end(), series.style) - unreached_.begin();
        known.add(series.x[i], nothing);
        lost.add(series.x[i],
                 y_.value(1 - strip_line * (static_cast<Real>(rank % static_cast<long>(strip_rows)) + 0.7) / height_));
      }
    }
    return plot_of(stroke(series.style, false), bars) +
           plot_of(stroke(series.style) + mark_options(series.style), known) +
           plot_of(fmt::format("only marks, color={}, mark=triangle, mark size=1.8pt, mark options={{line width=.7pt}}",
                               colour(curve_colour(series.style))),
                   lost);
  }

  /// Thin lines from bottom to top, each with its word where there is room; short ticks for words that come often.
  std::string events(const std::vector<Event>& events) const {
    std::string text;
    std::map<std::string, std::size_t> counts;
    for (const Event& event : events) ++counts[event.word];
    std::map<std::string, bool> is_told;
    Real written = -infinity;
    for (const Event& event : events) {
      const bool is_often = counts[event.word] > most_event_lines;
      text +=
          plot_of("black!53, line width=.35pt", {{event.x, event.x}, {is_often ? y_.value(0.98) : y_.low, y_.high}});
      const Real at = plot_.x.place(event.x) * width_, word = text_width(event.word, tikz::title_font);
      if ((is_often && is_told[event.word]) || at < written + 3 || at + word > width_) continue;
      is_told[event.word] = true;
      written = at + word;
      text += fmt::format(
          "\\node[anchor=north west, inner sep=1.5pt, font=\\scriptsize] at (axis cs:{:.6g},{:.6g}) {{{}}};\n", event.x,
          y_.high, latex_text(plain(event.word, 60)));
    }
    return text;
  }

  const Plot& plot_;
  const Scale& y_;
  const Real width_, height_;
  const std::vector<std::size_t> unreached_;
};

std::string sample_of(const LegendEntry& entry) {
  switch (entry.what) {
    case LegendEntry::What::curve:
      return stroke(entry.style) + (entry.is_marked ? mark_options(entry.style) : "");
    case LegendEntry::What::stretch:
      return fmt::format("area legend, draw=black!40, line width=.3pt, fill=black, fill opacity={}",
                         stretch_opacity(entry.style));
    case LegendEntry::What::theory:
      return "color=black!73, line width=.9pt, " + tikz::dashes(theory_dashes);
    case LegendEntry::What::level:
      return overlay_stroke(entry.style, true);
    case LegendEntry::What::fit:
      return overlay_stroke(entry.style, false);
    case LegendEntry::What::lost:
      return "only marks, color=black!73, line width=.9pt, mark=x, mark size=2.6pt";
    case LegendEntry::What::unreached:
      return "only marks, color=black!73, mark=triangle, mark size=1.8pt";
  }
  return "";
}

std::string text_of(const Figure& figure, const Plot& plot, const Sheet& sheet, Real width) {
  tikz::Picture picture;
  picture.title = figure.title + (sheet.title.empty() ? "" : ", " + sheet.title);
  picture.caption =
      fmt::format("{}: {}.{}{}", picture.title, figure.description, figure.note.empty() ? "" : " ", figure.note);
  picture.x_label = plot.x_label;
  picture.y_label = plot.y_label;
  picture.width = width * tikz::points_per_mm;
  picture.columns = sheet.columns;
  picture.aspect = figure.facets.empty()                 ? 0.62
                   : sheet.columns == 1                  ? 0.5
                   : sheet.panels.size() > sheet.columns ? 0.8
                                                         : 1.2;
  const std::vector<Tick> x_ticks = ticks_of(plot.x), y_ticks = ticks_of(plot.y);
  std::vector<const Panel*> panels;
  for (std::size_t i = 0; i < sheet.panels.size(); ++i) {
    if (!sheet.panels[i]) continue;
    const std::size_t column = i % sheet.columns;
    tikz::Axis& axis = picture.axes.emplace_back();
    axis.column = column;
    axis.row = i / sheet.columns;
    axis.x = plot.x;
    axis.y = plot.y;
    axis.x_ticks = x_ticks;
    axis.y_ticks = y_ticks;
    for (std::size_t k = i - column; k < i; ++k) axis.has_y_labels = axis.has_y_labels && !sheet.panels[k];
    for (std::size_t k = i + sheet.columns; k < sheet.panels.size(); k += sheet.columns)
      axis.has_x_labels = axis.has_x_labels && !sheet.panels[k];
    panels.push_back(&plot.panels[*sheet.panels[i]]);
  }
  // What was not reached has a strip of its own above the highest value.
  const Real inner = tikz::panel_width(picture), height = picture.aspect * inner;
  const std::size_t strips = std::min(strip_rows, unreached_styles(plot).size());
  Scale y = plot.y;
  if (strips > 0) {
    const Real stretch = 1 / (1 - std::min<Real>(0.5, (strip_line * static_cast<Real>(strips) + 2) / height));
    y.high = plot.y.value(stretch);
  }
  const PanelText text(plot, y, inner, height);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    picture.axes[i].y = y;
    if (!figure.facets.empty())
      picture.axes[i].title = in_lines(title_of(figure, *panels[i], true), inner, tikz::title_font);
    picture.axes[i].body = text.text(*panels[i]);
  }
  for (const auto& group : legend_of(plot, sheet)) {
    auto& lines = picture.legend.emplace_back();
    for (const LegendEntry& entry : group) lines.push_back({entry.name, sample_of(entry)});
  }
  return tikz::text_of(picture);
}

/// The squares of a map around the whole numbers of two axes, each with its value in a comment.
std::string squares_of(const HeatMap& map, const HeatMaps& of, const ColourScale& colours, Real w, Real h) {
  std::string text;
  for (std::size_t j = 0; j < of.y.values.size(); ++j)
    for (std::size_t i = 0; i < of.x.values.size(); ++i) {
      const Square& square = map.squares[j * of.x.values.size() + i];
      if (!square.is_run) continue;
      const std::string corners =
          fmt::format("(axis cs:{},{}) rectangle (axis cs:{},{})", static_cast<Real>(i) + 0.5,
                      static_cast<Real>(j) + 0.5, static_cast<Real>(i) + 1.5, static_cast<Real>(j) + 1.5);
      if (std::isinf(square.value)) {
        text += fmt::format(
            "\\draw[black!40, line width=.3pt] {0} (axis cs:{1},{2}) -- (axis cs:{3},{4}) (axis cs:{1},{4}) -- (axis "
            "cs:{3},{2});\n",
            corners, static_cast<Real>(i) + 0.5, static_cast<Real>(j) + 0.5, static_cast<Real>(i) + 1.5,
            static_cast<Real>(j) + 1.5);
        continue;
      }
      const Real t = colours.place(square.value);
      text += fmt::format("\\fill[fill={}] {}; % {:.6g}\n", colour(scale_colour(t)), corners, square.value);
      if (w >= text_width(square.text, 6) + 2 && h >= 7)
        text += fmt::format("\\node[inner sep=0pt, font=\\tiny, text={}] at (axis cs:{},{}) {{{}}};\n",
                            t < 0.5 ? "white" : "black", i + 1, j + 1, square.text);
    }
  return text;
}

/// What the colours mean, from (0, 0) downwards; what a cross means, below.
std::string colour_bar(const ColourScale& colours, bool has_unreached) {
  constexpr Real step = 1.6;
  const auto width = [](Real value) {  // 1e-5 is written 10⁻⁵
    const std::string text = number(value);
    return text_width(text, tikz::title_font) + (text.find('e') == std::string::npos ? 0 : 12);
  };
  const auto node = [](Real x, Real y, const std::string& text) {
    return fmt::format("\\node[anchor=base west, inner sep=0pt, font=\\scriptsize] at ({:.1f}pt,{:.1f}pt) {{{}}};\n", x,
                       y, latex_text(text));
  };
  std::string text = node(0, -7, number(colours.low));
  const Real at = 4 + width(colours.low);
  for (int i = 0; i < 40; ++i)
    text += fmt::format("\\fill[fill={}] ({:.1f}pt,-8pt) rectangle ({:.1f}pt,-1pt);\n",
                        colour(scale_colour((i + 0.5) / 40)), at + step * i, at + step * (i + 1) + 0.1);
  text += node(at + 40 * step + 4, -7, number(colours.high) + "  " + colours.meaning);
  if (has_unreached)
    text +=
        "\\draw[black!40, line width=.3pt] (0pt,-18pt) rectangle (8pt,-11pt) (0pt,-18pt) -- (8pt,-11pt) (0pt,-11pt) -- "
        "(8pt,-18pt);\n" +
        node(12, -17, unreached_words);
  return text;
}

std::string text_of(const PhaseDiagram& diagram, const HeatMaps& of, const MapSheet& sheet, Real width) {
  tikz::Picture picture;
  picture.title = of.title + (sheet.part.empty() ? "" : ", " + sheet.part);
  picture.caption = fmt::format("{}: {}. {}", picture.title, diagram.description, diagram.note);
  picture.x_label = of.x.title;
  picture.y_label = of.y.title;
  picture.width = width * tikz::points_per_mm;
  picture.columns = sheet.columns;
  const auto across = static_cast<Real>(of.x.values.size()), up = static_cast<Real>(of.y.values.size());
  const std::size_t count = sheet.last - sheet.first;
  for (std::size_t m = 0; m < count; ++m) {
    tikz::Axis& axis = picture.axes.emplace_back();
    axis.column = m % sheet.columns;
    axis.row = m / sheet.columns;
    axis.has_grid = false;
    axis.has_y_labels = axis.column == 0;
    axis.has_x_labels = m + sheet.columns >= count;
    axis.x = {false, 0.5, across + 0.5};
    axis.y = {false, 0.5, up + 0.5};
    for (std::size_t i = 0; i < of.x.values.size(); ++i)
      axis.x_ticks.push_back({static_cast<Real>(i + 1), axis_number(of.x.values[i])});
    for (std::size_t j = 0; j < of.y.values.size(); ++j)
      axis.y_ticks.push_back({static_cast<Real>(j + 1), axis_number(of.y.values[j])});
  }
  const Real inner = tikz::panel_width(picture), w = inner / across, h = std::clamp<Real>(0.62 * w, 6, 17);
  picture.aspect = h * up / inner;
  const ColourScale colours(of);
  for (std::size_t m = 0; m < count; ++m) {
    const HeatMap& map = of.maps[sheet.first + m];
    picture.axes[m].title = in_lines(map.title, inner, tikz::title_font);
    picture.axes[m].body = squares_of(map, of, colours, w, h);
  }
  picture.foot = colour_bar(colours, sheet.has_unreached);
  picture.foot_height = sheet.has_unreached ? 20 : 10;
  return tikz::text_of(picture);
}

}  // namespace

std::vector<std::string> pgfplots_of(const Figure& figure, std::size_t plot, Real width) {
  std::vector<std::string> texts;
  for (const Sheet& sheet : sheets_of(figure, figure.plots[plot], columns_in(width)))
    texts.push_back(text_of(figure, figure.plots[plot], sheet, width));
  return texts;
}

std::vector<std::string> pgfplots_of(const PhaseDiagram& diagram, std::size_t plot, Real width) {
  std::vector<std::string> texts;
  for (const MapSheet& sheet : sheets_of(diagram.plots[plot], map_columns_in(width)))
    texts.push_back(text_of(diagram, diagram.plots[plot], sheet, width));
  return texts;
}

}  // namespace tightrope
