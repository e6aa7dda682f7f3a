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

constexpr Real left = 92, margin = 16, gap = 16;
constexpr std::size_t strip_rows = 6;  // of marks for what was not reached

/// One panel in coordinates of its own, width × height.
class Canvas {
 public:
  Canvas(const Plot& plot, Real width, Real height) : plot_(plot), width_(width), height_(height) {
    if (plot.look != Plot::Look::points) return;
    // What was not reached has a strip of its own at the top, with a row for each curve.
    for (const Panel& panel : plot.panels)
      for (const Series& series : panel.series)
        if (is_partly_unreached(series)) unreached_.push_back(series.style);
    std::sort(unreached_.begin(), unreached_.end());
    unreached_.erase(std::unique(unreached_.begin(), unreached_.end()), unreached_.end());
    if (!unreached_.empty()) strip_ = 10 + 12 * static_cast<Real>(std::min(unreached_.size(), strip_rows));
  }

  static bool is_partly_unreached(const Series& series) {
    return std::any_of(series.y.begin(), series.y.end(), [](Real y) { return std::isinf(y); });
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
  /// often, of which the first is told.
  std::string events(const std::vector<Event>& events) const {
    std::string lines, words;
    std::map<std::string, std::size_t> counts;
    for (const Event& event : events) ++counts[event.word];
    std::set<std::string> told;
    std::array<Real, 2> written = {-1e9, -1e9};  // right ends of the last words of two rows
    for (const Event& event : events) {
      const Real at = x(event.x), width = text_width(event.word, small_font);
      const bool is_often = counts[event.word] > most_event_lines;
      lines += fmt::format("<path class=\"event\" d=\"M{:.1f} 0V{:.1f}\" stroke=\"#777\" stroke-width=\".7\"/>\n", at,
                           is_often ? 7 : height_);
      if (is_often && told.count(event.word)) continue;
      const Real from = at + 4 + width > width_ ? at - 4 - width : at + 4;
      const auto row =
          std::find_if(written.begin(), written.end(), [&](Real end) { return from >= std::max<Real>(end + 6, 0); });
      if (row == written.end()) continue;
      *row = from + width;
      told.insert(event.word);
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
      for (const auto& [at, up] : marks_of(series)) svg += mark_svg(series.style, at, up) + "\n";
    if (series.is_lost && !series.x.empty())
      svg += fmt::format("<path d=\"M{:.1f} {:.1f}l10 10m0 -10l-10 10\" {}/>\n", x(series.x.back()) - 5,
                         std::clamp<Real>(y(series.y.back()), 6, height_ - 6) - 5, stroke_svg(series.style, false));
    return svg;
  }

  /// A few places along a curve, those of each style apart from those of the others.
  std::vector<std::array<Real, 2>> marks_of(const Series& series) const {
    std::vector<std::array<Real, 2>> places;
    const Real spacing = std::max<Real>(70, width_ / 6);
    Real next = spacing * std::fmod(0.2 + 0.38 * static_cast<Real>(series.style), 1);
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const Real at = x(series.x[i]);
      // Up to the next point a step keeps its height.
      const Real end = plot_.look == Plot::Look::steps && i + 1 < series.x.size() ? x(series.x[i + 1]) : at;
      for (; next <= end; next = std::max(at, next) + spacing) places.push_back({std::max(at, next), y(series.y[i])});
    }
    if (places.empty() && !series.x.empty()) places.push_back({x(series.x.back()), y(series.y.back())});
    return places;
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
  std::vector<std::size_t> unreached_;  // styles of which something was not reached
};

/// Samples of what the panels show, each once: the curves, and below them what is drawn over these.
class Legend {
 public:
  explicit Legend(Real width) : width_(width - left - margin) {}
  void add(const Plot& plot, const Panel& panel) {
    const bool points = plot.look == Plot::Look::points;
    for (const Series& series : panel.series) {
      add(curves_, series.name, sample_svg(series.style, points || is_marked(series.style)));
      lost_ = lost_ || series.is_lost;
      unreached_ = unreached_ || (points && Canvas::is_partly_unreached(series));
    }
    if (!panel.theories.empty()) add(others_, "theory", theory_sample_svg());
    for (const Stretch& stretch : panel.stretches) add(phases_, stretch.word, stretch_sample_svg(stretch.index));
    for (const Overlay& overlay : panel.overlays)
      add(others_, overlay.name,
          fmt::format("<path class=\"theory\" d=\"M0 0h26\" {}/>", overlay_svg(overlay.is_level(), overlay.dash)));
  }
  void finish() {
    if (lost_)
      add(others_, "diverged from here on", "<path d=\"M8 -5l10 10m0 -10l-10 10\" stroke=\"#444\" class=\"theory\"/>");
    if (unreached_)
      add(others_, "no median: not reached, or diverged",
          "<path class=\"theory\" d=\"M13 -5l5 9h-10Z\" fill=\"none\" stroke=\"#444\"/>");
  }
  Real height() const { return line * static_cast<Real>(rows(curves_) + rows(phases_) + rows(others_)); }
  std::string draw(Real top) const {
    std::string svg;
    for (const auto* group : {&curves_, &phases_, &others_}) {
      svg += draw(*group, top);
      top += line * static_cast<Real>(rows(*group));
    }
    return svg;
  }

 private:
  struct Entry {
    std::string name, sample;
  };
  static constexpr Real line = 18, text_at = 33, apart = 14;

  static void add(std::vector<Entry>& entries, const std::string& name, const std::string& sample) {
    const bool is_known = std::any_of(entries.begin(), entries.end(), [&](const Entry& e) { return e.name == name; });
    if (!is_known && !name.empty()) entries.push_back({name, sample});
  }
  /// As many columns as the longest name allows.
  std::size_t columns(const std::vector<Entry>& entries) const {
    Real longest = 90;
    for (const Entry& entry : entries) longest = std::max(longest, text_width(entry.name, font));
    return static_cast<std::size_t>(std::clamp<Real>(std::floor((width_ + apart) / (longest + text_at + apart)), 1, 5));
  }
  std::size_t rows(const std::vector<Entry>& entries) const {
    return (entries.size() + columns(entries) - 1) / columns(entries);
  }
  std::string draw(const std::vector<Entry>& entries, Real top) const {
    std::string svg;
    const Real column = (width_ + apart) / static_cast<Real>(columns(entries));
    for (std::size_t i = 0; i < entries.size(); ++i)
      svg += fmt::format(
          "<g class=\"entry\" transform=\"translate({:.1f} {:.1f})\"><g transform=\"translate(0 -4)\">{}</g><text "
          "x=\"{}\">{}</text></g>\n",
          left + static_cast<Real>(i % columns(entries)) * column, top + line * static_cast<Real>(i / columns(entries)),
          entries[i].sample, text_at, escaped(fitted(entries[i].name, column - text_at, font)));
    return svg;
  }

  Real width_;
  std::vector<Entry> curves_, phases_, others_;
  bool lost_ = false, unreached_ = false;
};

/// The panels of one sheet, where they stand and what they share.
class SheetDrawing {
 public:
  SheetDrawing(const Figure& figure, const Plot& plot, const Sheet& sheet)
      : figure_(figure), plot_(plot), sheet_(sheet), across_(ticks_of(plot.x)), up_(ticks_of(plot.y)) {
    const auto columns = static_cast<Real>(sheet.columns);
    if (figure.facets.empty()) width_ = 760;
    inner_ = (width_ - left - margin - (columns - 1) * gap) / columns;
    height_ = figure.facets.empty() ? 332 : std::clamp<Real>(0.72 * inner_, 150, 330);
  }

  std::string document() const {
    const bool is_single = figure_.facets.empty();
    std::vector<std::vector<std::string>> titles;
    std::size_t lines = 0;
    Legend legend(width_);
    for (const auto& p : sheet_.panels) {
      titles.push_back(p && !is_single ? in_lines(title_of(figure_, plot_.panels[*p], true), inner_, small_font)
                                       : std::vector<std::string>());
      lines = std::max(lines, titles.back().size());
      if (p) legend.add(plot_, plot_.panels[*p]);
    }
    legend.finish();
    const Real head = 16 + line_height * static_cast<Real>(lines);  // above each panel
    const auto rows = std::ceil(static_cast<Real>(sheet_.panels.size()) / static_cast<Real>(sheet_.columns));
    const Real top = is_single ? 40 : 32 + head, bottom = top + rows * (height_ + head) - head;
    std::string body;
    for (std::size_t i = 0; i < sheet_.panels.size(); ++i)
      if (sheet_.panels[i])
        body += panel(i, left + static_cast<Real>(i % sheet_.columns) * (inner_ + gap),
                      top + static_cast<Real>(i / sheet_.columns) * (height_ + head), titles[i]);
    body += x_title(left, width_ - margin, bottom + 38, plot_.x_label) +
            y_title(top, bottom, bottom - top + 40, plot_.y_label) + legend.draw(bottom + 62);
    return svg::document(width_, bottom + 52 + legend.height(), left, width_ - margin, figure_.title, sheet_.title,
                         body);
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
  const std::vector<Tick> across_, up_;
  Real width_ = 980, inner_ = 0, height_ = 0;
};

}  // namespace

std::vector<std::string> svgs_of(const Figure& figure, std::size_t plot) {
  std::vector<std::string> svgs;
  for (const Sheet& sheet : sheets_of(figure, figure.plots[plot]))
    svgs.push_back(SheetDrawing(figure, figure.plots[plot], sheet).document());
  return svgs;
}

}  // namespace tightrope
