// A figure as an SVG document. Colours are attributes, so that the file stands alone; the page's style sheet overrides
// those of paper and ink by their classes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/report/figure.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr Real left = 74, right = 16, gap = 16;

std::string stroke(std::size_t style, bool dashed = true) {
  const std::string dashes = dashed ? curve_dashes(style) : "";
  return fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\"{}", curve_colour(style),
                     dashes.empty() ? "" : " stroke-dasharray=\"" + dashes + "\"");
}

std::string label(Real x, Real y, const char* anchor, const std::string& text, const char* more = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, more, text);
}

/// One panel in coordinates of its own, width × height.
class Canvas {
 public:
  Canvas(const Plot& plot, Real width, Real height) : plot_(plot), width_(width), height_(height) {
    // What was not reached has a strip of its own at the top.
    if (plot.look == Plot::Look::points)
      for (const Panel& panel : plot.panels)
        for (const Series& series : panel.series)
          if (is_partly_unreached(series)) strip_ = std::max(strip_, top_of(series) + 17);
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
    for (const Series& series : panel.series)
      if (plot_.look == Plot::Look::line && !series.low.empty())
        svg +=
            fmt::format("<path d=\"{}L{}Z\" fill=\"{}\" fill-opacity=\".18\"/>\n", path(series.x, series.high, false),
                        path(series.x, series.low, true).substr(1), curve_colour(series.style));
    for (const Overlay& overlay : panel.overlays) {
      const std::string line = overlay.is_level() ? fmt::format("M0 {:.1f}H{:.1f}", y(overlay.y.front()), width_)
                                                  : path(overlay.x, overlay.y, false);
      svg += fmt::format(
          "<path class=\"theory\" d=\"{}\" fill=\"none\" stroke=\"#444\" stroke-width=\"{}\" "
          "stroke-dasharray=\"{}\"><title>{}</title></path>\n",
          line, overlay.is_level() ? "1" : "1.4", overlay.is_level() ? "5 4" : "8 4", escaped(overlay.name, 200));
    }
    for (const Series& series : panel.series) svg += curve(series);
    return svg;
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

  std::string curve(const Series& series) const {
    if (plot_.look == Plot::Look::points) return points(series);
    std::string text;
    if (plot_.look == Plot::Look::steps)
      for (std::size_t i = 0; i < series.x.size(); ++i)
        text += i ? fmt::format("H{:.1f}V{:.1f}", x(series.x[i]), y(series.y[i]))
                  : fmt::format("M{:.1f} {:.1f}", x(series.x[i]), y(series.y[i]));
    else
      text = path(series.x, series.y, false);
    std::string svg = fmt::format("<path d=\"{}\" {}/>\n", text, stroke(series.style));
    if (plot_.look == Plot::Look::line && series.x.size() == 1)
      svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"/>\n", x(series.x[0]), y(series.y[0]),
                         curve_colour(series.style));
    if (series.is_lost && !series.x.empty())
      svg += fmt::format("<path d=\"M{:.1f} {:.1f}l10 10m0 -10l-10 10\" {}/>\n", x(series.x.back()) - 5,
                         std::clamp<Real>(y(series.y.back()), 6, height_ - 6) - 5, stroke(series.style, false));
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
                               stroke(series.style, false));
        marks += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.4\" fill=\"{}\">{}</circle>\n", at, up,
                             curve_colour(series.style), name);
      } else {
        marks += fmt::format(
            "<path class=\"open\" d=\"M{:.1f} {}l5 9h-10Z\" fill=\"#fff\" stroke=\"{}\" "
            "stroke-width=\"1.6\">{}</path>\n",
            at, top_of(series), curve_colour(series.style), name);
      }
      joined = is_known;
    }
    return fmt::format("<path d=\"{}\" {}/>\n", line, stroke(series.style)) + marks;
  }

  static Real top_of(const Series& series) { return 5 + 12 * static_cast<Real>(series.style % 6); }

  const Plot& plot_;
  const Real width_, height_;
  Real strip_ = 0;
};

/// Samples of what the panels show, each once.
class Legend {
 public:
  void add(const Plot& plot, const Panel& panel) {
    for (const Series& series : panel.series) {
      entry(series.name, fmt::format("<path d=\"M0 -4h26\" {}/>", stroke(series.style)));
      lost_ = lost_ || series.is_lost;
      unreached_ = unreached_ || (plot.look == Plot::Look::points && Canvas::is_partly_unreached(series));
    }
    for (const Overlay& overlay : panel.overlays)
      entry(overlay.name, fmt::format("<path class=\"theory\" d=\"M0 -4h26\" stroke=\"#444\" stroke-width=\"1.2\" "
                                      "stroke-dasharray=\"{}\"/>",
                                      overlay.is_level() ? "5 4" : "8 4"));
  }
  void finish() {
    if (lost_)
      entry("diverged from here on", "<path d=\"M8 -9l10 10m0 -10l-10 10\" stroke=\"#444\" class=\"theory\"/>");
    if (unreached_)
      entry("no median: not reached, or diverged",
            "<path class=\"theory\" d=\"M13 -9l5 9h-10Z\" fill=\"none\" stroke=\"#444\"/>");
  }
  Real height(Real width) const { return 18 * std::ceil(static_cast<Real>(entries_.size()) / columns(width)); }
  std::string draw(Real top, Real width) const {
    std::string svg;
    const auto across = static_cast<std::size_t>(columns(width));
    for (std::size_t i = 0; i < entries_.size(); ++i)
      svg += fmt::format("<g transform=\"translate({:.1f} {:.1f})\">{}<text x=\"33\">{}</text></g>\n",
                         left + static_cast<Real>(i % across) * (width - left) / columns(width),
                         top + 18 * std::floor(static_cast<Real>(i) / columns(width)), entries_[i].second,
                         escaped(entries_[i].first, wide(width)));
    return svg;
  }

 private:
  void entry(const std::string& name, const std::string& sample) {
    const bool is_known = std::any_of(entries_.begin(), entries_.end(), [&](const auto& e) { return e.first == name; });
    if (!is_known && !name.empty()) entries_.emplace_back(name, sample);
  }
  /// As many columns as the longest name allows.
  Real columns(Real width) const {
    std::size_t longest = 16;
    for (const auto& [name, sample] : entries_) longest = std::max(longest, letters(plain(name)));
    return std::clamp<Real>(std::floor((width - left) / (46 + 7.2 * static_cast<Real>(longest))), 1, 4);
  }
  std::size_t wide(Real width) const { return static_cast<std::size_t>(((width - left) / columns(width) - 40) / 7); }

  std::vector<std::pair<std::string, std::string>> entries_;
  bool lost_ = false, unreached_ = false;
};

}  // namespace

std::string svg_of(const Figure& figure, std::size_t plot_number) {
  const Plot& plot = figure.plots[plot_number];
  const Arrangement shown = arrangement_of(figure, plot);
  const bool is_single = figure.facets.empty();
  const auto columns = static_cast<Real>(shown.columns);
  const Real width = is_single ? 760 : 980, inner = (width - left - right - (columns - 1) * gap) / columns,
             height = is_single ? 332 : std::clamp<Real>(0.72 * inner, 150, 330),
             row = height + 30;  // a title above each panel
  const auto rows = std::ceil(static_cast<Real>(shown.panels.size()) / columns);
  const Real top = is_single ? 40 : 62, bottom = is_single ? top + height : top + rows * row - 30;
  Legend legend;
  for (const std::size_t p : shown.panels) legend.add(plot, plot.panels[p]);
  legend.finish();
  const Real total = bottom + 52 + legend.height(width);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" "
      "font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"#333\">\n<title>{2}</title>\n"
      "<rect class=\"paper\" width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#fff\"/>\n",
      width, total, escaped(figure.title, 110));
  svg += label(left, 24, "start", escaped(figure.title, 90), " class=\"title\" font-size=\"15\" font-weight=\"600\"");
  const std::vector<Tick> across = ticks_of(plot.x), up = ticks_of(plot.y);
  for (std::size_t i = 0; i < shown.panels.size(); ++i) {
    const Panel& panel = plot.panels[shown.panels[i]];
    const Canvas canvas(plot, inner, height);
    const std::size_t column = i % shown.columns;
    const Real x = left + static_cast<Real>(column) * (inner + gap),
               y = top + static_cast<Real>(i / shown.columns) * row;
    const bool is_last = i + shown.columns >= shown.panels.size();
    if (!is_single)
      svg += label(x, y - 7, "start", escaped(title_of(figure, panel), static_cast<std::size_t>(inner / 6.4)),
                   " font-size=\"12\"");
    for (const Tick& tick : up) {
      svg += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}h{:.1f}\" stroke=\"#ddd\"/>", x,
                         y + canvas.y(tick.value), inner);
      svg += column == 0 ? label(x - 8, y + canvas.y(tick.value) + 4, "end", tick.label) : "\n";
    }
    Real written = -1e9;  // right end of the last label
    for (const Tick& tick : across) {
      const Real at = x + canvas.x(tick.value), half = 3.8 * static_cast<Real>(letters(tick.label));
      svg += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}v{:.1f}\" stroke=\"#eee\"/>", at, y, height);
      const bool fits = at - half > written + 4 && at + half <= width;
      svg += is_last && fits ? label(at, y + height + 18, "middle", tick.label) : "\n";
      if (fits) written = at + half;
    }
    svg += fmt::format("<svg x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\">\n{}</svg>\n", x, y, inner,
                       height, canvas.draw(panel));
    svg += fmt::format("<path class=\"frame\" d=\"M{:.1f} {:.1f}v{:.1f}h{:.1f}\" fill=\"none\" stroke=\"#555\"/>\n", x,
                       y, height, inner);
  }
  svg += label((left + width - right) / 2, bottom + 38, "middle", escaped(plot.x_label, 80));
  if (!plot.y_label.empty())
    svg += label(0, 0, "middle", escaped(plot.y_label, 60),
                 fmt::format(" transform=\"translate(16 {:.1f}) rotate(-90)\"", (top + bottom) / 2).c_str());
  return svg + legend.draw(bottom + 62, width) + "</svg>\n";
}

}  // namespace tightrope
