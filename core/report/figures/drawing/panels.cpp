// Panels of curves, steps and points, and the sheets they stand on.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "core/report/figures/drawing/svg.hpp"
#include "core/report/figures/figure.hpp"
#include "core/report/text.hpp"

namespace tightrope {

using namespace svg;

namespace {

constexpr Real margin = 16, gap = 16;

/// One panel in coordinates of its own, width × height.
class Canvas {
 public:
  Canvas(const Plot& plot, Real width, Real height)
      : plot_(plot), width_(width), height_(height), unreached_(unreached_styles(plot)) {
    if (!unreached_.empty()) strip_ = 10 + 12 * static_cast<Real>(std::min(unreached_.size(), strip_rows));
  }
  Real x(Real value) const { return plot_.x.place(value) * width_; }
  Real y(Real value) const {
    if (std::isinf(value)) return -10;
    if (plot_.y.logarithmic && value <= 0) return height_ + 10;
    return std::clamp(strip_ + (1 - plot_.y.place(value)) * (height_ - strip_), -1e4, 1e4);
  }

  std::string draw(const Panel& panel) const {
    std::string svg;
    if (strip_ > 0)
      svg += fmt::format(
          "<path class=\"frame\" d=\"M0 {0:.1f}H{1:.1f}\" stroke=\"#555\" stroke-width=\".7\" "
          "stroke-dasharray=\"1 3\"/>\n",
          strip_, width_);
    for (const Stretch& stretch : panel.stretches) svg += band(stretch);
    for (const Series& series : panel.series)
      if (plot_.look == Plot::Look::line && !series.low.empty())
        svg +=
            fmt::format("<path d=\"{}L{}Z\" fill=\"{}\" fill-opacity=\".18\"/>\n", path(series.x, series.high, false),
                        path(series.x, series.low, true).substr(1), curve_colour(series.style));
    for (const Overlay& overlay : panel.overlays) {
      const std::string line = overlay.is_level() ? fmt::format("M0 {:.1f}H{:.1f}", y(overlay.y.front()), width_)
                                                  : path(overlay.x, overlay.y, false);
      svg += fmt::format("<path class=\"theory\" d=\"{}\" fill=\"none\" {}><title>{}</title></path>\n", line,
                         overlay_svg(overlay.is_level(), overlay.dash), escaped(overlay.name, 200));
    }
    for (const Series& series : panel.series) svg += curve(series);
    // The curve below is pale, so that the dashes are seen where both agree.
    for (const Series& theory : panel.theories)
      svg += fmt::format(
          "<path class=\"casing\" d=\"{0}\" fill=\"none\" stroke=\"#fff\" stroke-width=\"2.6\" "
          "stroke-opacity=\".65\"/>\n"
          "<path d=\"{0}\" fill=\"none\" {1}><title>{2}</title></path>\n",
          path(theory.x, theory.y, false), theory_svg(theory.style), escaped(theory.name, 200));
    if (plot_.look != Plot::Look::points)
      for (const Series& series : panel.series) svg += marks(series);
    return svg + events(panel.events);
  }

 private:
  std::string path(const std::vector<Real>& xs, const std::vector<Real>& ys, bool backwards) const {
    std::string text;
    for (std::size_t k = 0; k < xs.size(); ++k) {
      const std::size_t i = backwards ? xs.size() - 1 - k : k;
      text += fmt::format("{}{:.1f} {:.1f}", k ? "L" : "M", x(xs[i]), y(ys[i]));
    }
    return text;
  }

  /// A band from top to bottom.
  std::string band(const Stretch& stretch) const {
    const Real from = std::max<Real>(x(stretch.low), 0), to = std::min(x(stretch.high), width_);
    if (!(to > from)) return "";
    return fmt::format(
        "<rect class=\"stretch\" x=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"#000\" "
        "fill-opacity=\"{}\"><title>{}</title></rect>\n",
        from, to - from, height_, stretch_opacity(stretch.index), escaped(stretch.word, 60));
  }

  /// Thin lines from top to bottom, each with its word where there is room for it; short ticks for words that come
  /// often, of which the first is labelled.
  std::string events(const std::vector<Event>& events) const {
    std::string lines, words;
    std::map<std::string, std::size_t> counts;
    for (const Event& event : events) ++counts[event.word];
    std::set<std::string> labelled;
    std::array<Real, 2> written = {-1e9, -1e9};  // right ends of the last words of two rows
    for (const Event& event : events) {
      const Real at = x(event.x), width = text_width(event.word, small_font);
      const bool is_often = counts[event.word] > most_event_lines;
      lines += fmt::format("<path class=\"event\" d=\"M{:.1f} 0V{:.1f}\" stroke=\"#777\" stroke-width=\".7\"/>\n", at,
                           is_often ? 7 : height_);
      if (is_often && labelled.count(event.word)) continue;
      const Real from = at + 4 + width > width_ ? at - 4 - width : at + 4;
      const auto row =
          std::find_if(written.begin(), written.end(), [&](Real end) { return from >= std::max<Real>(end + 6, 0); });
      if (row == written.end()) continue;
      *row = from + width;
      labelled.insert(event.word);
      words += label(from, 18 + 14 * static_cast<Real>(row - written.begin()), "start", escaped(event.word, 60),
                     " font-size=\"12\" class=\"word\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\"");
    }
    return lines + words;
  }

  std::string curve(const Series& series) const {
    if (plot_.look == Plot::Look::points) return points(series);
    std::string text;
    if (plot_.look == Plot::Look::steps)
      for (std::size_t i = 0; i < series.x.size(); ++i)
        text += i ? fmt::format("H{:.1f}V{:.1f}", x(series.x[i]), y(series.y[i]))
                  : fmt::format("M{:.1f} {:.1f}", x(series.x[i]), y(series.y[i]));
    else
      text = path(series.x, series.y, false);
    return fmt::format("<path d=\"{}\" {}/>\n", text, stroke_svg(series.style));
  }

  /// The marks of a line, and the cross where it is lost.
  std::string marks(const Series& series) const {
    std::string svg;
    if (is_marked(series.style) || (plot_.look == Plot::Look::line && series.x.size() == 1))
      for (const auto& [at, up] : marks_along(plot_, series, std::max<Real>(70, width_ / 6) / width_))
        svg += mark_svg(series.style, x(at), y(up)) + "\n";
    if (series.is_lost && !series.x.empty())
      svg += fmt::format("<path d=\"M{:.1f} {:.1f}l10 10m0 -10l-10 10\" {}/>\n", x(series.x.back()) - 5,
                         std::clamp<Real>(y(series.y.back()), 6, height_ - 6) - 5, stroke_svg(series.style, false));
    return svg;
  }

  /// Marks with bars, joined where both neighbours are known; what was not reached is an open mark at the top.
  std::string points(const Series& series) const {
    std::string line, marks;
    bool joined = false;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const Real at = x(series.x[i]), up = y(series.y[i]);
      const bool is_known = std::isfinite(series.y[i]);
      const std::string name = fmt::format("<title>{} at {}: {}</title>", escaped(series.name, 100),
                                           number(series.x[i]), is_known ? number(series.y[i]) : "not reached");
      if (is_known) {
        line += fmt::format("{}{:.1f} {:.1f}", joined ? "L" : "M", at, up);
        if (!series.low.empty() && series.high[i] > series.low[i])
          marks += fmt::format("<path d=\"M{:.1f} {:.1f}V{:.1f}\" {}/>\n", at, y(series.low[i]), y(series.high[i]),
                               stroke_svg(series.style, false));
        marks += mark_svg(series.style, at, up, name) + "\n";
      } else {
        const auto rank = static_cast<std::size_t>(std::find(unreached_.begin(), unreached_.end(), series.style) -
                                                   unreached_.begin());
        marks += fmt::format(
            "<path class=\"open\" d=\"M{:.1f} {}l5 9h-10Z\" fill=\"#fff\" stroke=\"{}\" "
            "stroke-width=\"1.6\">{}</path>\n",
            at + 11 * static_cast<Real>(rank / strip_rows), 5 + 12 * (rank % strip_rows), curve_colour(series.style),
            name);
      }
      joined = is_known;
    }
    return fmt::format("<path d=\"{}\" {}/>\n", line, stroke_svg(series.style)) + marks;
  }

  const Plot& plot_;
  const Real width_, height_;
  Real strip_ = 0;
  const std::vector<std::size_t> unreached_;
};

std::string sample_of(const LegendEntry& entry) {
  using What = LegendEntry::What;
  switch (entry.what) {
    case What::curve:
      return sample_svg(entry.style, entry.is_marked);
    case What::stretch:
      return stretch_sample_svg(entry.style);
    case What::theory:
      return theory_sample_svg();
    case What::level:
    case What::fit:
      return fmt::format("<path class=\"theory\" d=\"M0 0h26\" {}/>",
                         overlay_svg(entry.what == What::level, entry.style));
    case What::lost:
      return "<path d=\"M8 -5l10 10m0 -10l-10 10\" stroke=\"#444\" class=\"theory\"/>";
    case What::unreached:
      return "<path class=\"theory\" d=\"M13 -5l5 9h-10Z\" fill=\"none\" stroke=\"#444\"/>";
  }
  return "";
}

/// Samples of what a sheet shows.
class Legend {
 public:
  Legend(const Plot& plot, const Sheet& sheet, Real left, Real width)
      : left_(left), width_(width), groups_(legend_of(plot, sheet)) {}
  Real height() const {
    Real lines = 0;
    for (const auto& group : groups_) lines += static_cast<Real>(rows(group));
    return line * lines;
  }
  std::string draw(Real top) const {
    std::string svg;
    for (const auto& group : groups_) {
      svg += draw(group, top);
      top += line * static_cast<Real>(rows(group));
    }
    return svg;
  }

 private:
  using Entries = std::vector<LegendEntry>;
  static constexpr Real line = 18, text_at = 33, entry_gap = 14;

  /// As many columns as the longest name allows.
  std::size_t columns(const Entries& entries) const {
    Real longest = 90;
    for (const LegendEntry& entry : entries) longest = std::max(longest, text_width(entry.name, font));
    return static_cast<std::size_t>(
        std::clamp<Real>(std::floor((width_ + entry_gap) / (longest + text_at + entry_gap)), 1, 5));
  }
  std::size_t rows(const Entries& entries) const { return (entries.size() + columns(entries) - 1) / columns(entries); }
  std::string draw(const Entries& entries, Real top) const {
    std::string svg;
    const Real column = (width_ + entry_gap) / static_cast<Real>(columns(entries));
    for (std::size_t i = 0; i < entries.size(); ++i)
      svg += fmt::format(
          "<g class=\"entry\" transform=\"translate({:.1f} {:.1f})\"><g transform=\"translate(0 -4)\">{}</g><text "
          "x=\"{}\">{}</text></g>\n",
          left_ + static_cast<Real>(i % columns(entries)) * column,
          top + line * static_cast<Real>(i / columns(entries)), sample_of(entries[i]), text_at,
          escaped(fitted(entries[i].name, column - text_at, font)));
    return svg;
  }

  Real left_, width_;
  std::vector<Entries> groups_;
};

/// The panels of one sheet, where they stand and what they share.
class SheetDrawing {
 public:
  SheetDrawing(const Figure& figure, const Plot& plot, const Sheet& sheet, std::optional<Real> print)
      : figure_(figure), plot_(plot), sheet_(sheet), print_(print), across_(ticks_of(plot.x)), up_(ticks_of(plot.y)) {
    const auto columns = static_cast<Real>(sheet.columns);
    // What the page shows as a drawing stands beside another one there, and its text must not shrink.
    width_ = print ? pixels(*print) : !figure.facets.empty() ? 980 : plot.look == Plot::Look::line ? 760 : 600;
    if (print) {  // no more than the labels take
      Real widest = 0;
      for (const Tick& tick : up_) widest = std::max(widest, text_width(tick.label, font));
      left_ = 32 + widest;
    }
    inner_ = (width_ - left_ - margin - (columns - 1) * gap) / columns;
    height_ = figure.facets.empty() ? std::min<Real>(332, 0.6 * inner_)
                                    : std::clamp<Real>(0.72 * inner_, print ? 80 : 150, 330);
  }

  std::string document() const {
    const bool is_single = figure_.facets.empty();
    std::vector<std::vector<std::string>> titles;
    std::size_t lines = 0;
    const Real legend_left = print_ ? 4 : left_;
    const Legend legend(plot_, sheet_, legend_left, width_ - legend_left - margin);
    for (const auto& p : sheet_.panels) {
      titles.push_back(p && !is_single ? in_lines(title_of(figure_, plot_.panels[*p], true), inner_, small_font)
                                       : std::vector<std::string>());
      lines = std::max(lines, titles.back().size());
    }
    const Real head = 16 + line_height * static_cast<Real>(lines);  // above each panel
    const auto rows = std::ceil(static_cast<Real>(sheet_.panels.size()) / static_cast<Real>(sheet_.columns));
    const Real top = is_single ? 40 : 32 + head, bottom = top + rows * (height_ + head) - head;
    std::string body;
    for (std::size_t i = 0; i < sheet_.panels.size(); ++i)
      if (sheet_.panels[i])
        body += panel(i, left_ + static_cast<Real>(i % sheet_.columns) * (inner_ + gap),
                      top + static_cast<Real>(i / sheet_.columns) * (height_ + head), titles[i]);
    body += x_title(left_, width_ - margin, bottom + 38, plot_.x_label) +
            y_title(top, bottom, bottom - top + 40, plot_.y_label) + legend.draw(bottom + 62);
    return svg::document(width_, bottom + 52 + legend.height(), left_, width_ - margin, figure_.title, sheet_.title,
                         body, print_);
  }

 private:
  /// With the labels that it shares with its row where it is the first of it, and with its column where it is the last.
  std::string panel(std::size_t i, Real x, Real y, const std::vector<std::string>& title) const {
    bool is_first = true, is_last = true;
    for (std::size_t k = i - i % sheet_.columns; k < i; ++k) is_first = is_first && !sheet_.panels[k];
    for (std::size_t k = i + sheet_.columns; k < sheet_.panels.size(); k += sheet_.columns)
      is_last = is_last && !sheet_.panels[k];
    const Canvas canvas(plot_, inner_, height_);
    std::string svg = panel_title(x, y, title);
    for (const Tick& tick : up_) {
      svg += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}h{:.1f}\" stroke=\"#ddd\"/>", x,
                         y + canvas.y(tick.value), inner_);
      svg += is_first ? label(x - 8, y + canvas.y(tick.value) + 4, "end", tick.label, " class=\"tick\"") : "\n";
    }
    std::vector<std::pair<Real, std::string>> below;
    for (const Tick& tick : across_) {
      below.emplace_back(x + canvas.x(tick.value), tick.label);
      svg += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}v{:.1f}\" stroke=\"#eee\"/>\n", below.back().first, y,
                         height_);
    }
    if (is_last) svg += labels_along(below, x - gap / 2 + 2, x + inner_ + gap / 2 - 2, y + height_ + 18);
    svg += fmt::format("<svg x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\">\n{}</svg>\n", x, y, inner_,
                       height_, canvas.draw(plot_.panels[*sheet_.panels[i]]));
    return svg +
           fmt::format("<path class=\"frame\" d=\"M{:.1f} {:.1f}v{:.1f}h{:.1f}\" fill=\"none\" stroke=\"#555\"/>\n", x,
                       y, height_, inner_);
  }

  const Figure& figure_;
  const Plot& plot_;
  const Sheet& sheet_;
  const std::optional<Real> print_;  // millimetres
  const std::vector<Tick> across_, up_;
  Real left_ = 92, width_ = 0, inner_ = 0, height_ = 0;
};

}  // namespace

std::size_t columns_in(Real width) {
  return std::clamp<std::size_t>(static_cast<std::size_t>(width / 28), 1, most_columns);
}

std::vector<std::string> svgs_of(const Figure& figure, std::size_t plot, std::optional<Real> width) {
  std::vector<std::string> svgs;
  for (const Sheet& sheet : sheets_of(figure, figure.plots[plot], width ? columns_in(*width) : most_columns))
    svgs.push_back(SheetDrawing(figure, figure.plots[plot], sheet, width).document());
  return svgs;
}

}  // namespace tightrope
