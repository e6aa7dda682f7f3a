#include "core/report/figures/drawing/styles.hpp"

#include <fmt/format.h>

#include <array>

namespace tightrope {

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

std::string stroke_svg(std::size_t style, bool dashed) {
  const std::string dashes = dashed ? curve_dashes(style) : "";
  return fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\"{}", curve_colour(style),
                     dashes.empty() ? "" : " stroke-dasharray=\"" + dashes + "\"");
}

std::string mark_svg(std::size_t style, Real x, Real y, const std::string& more) {
  const Mark mark = curve_mark(style);
  const bool is_open = mark == Mark::open_circle || mark == Mark::open_square;
  const std::string ink =
      is_open ? fmt::format("class=\"open\" fill=\"#fff\" stroke=\"{}\" stroke-width=\"1.6\"", curve_colour(style))
              : fmt::format("fill=\"{}\"", curve_colour(style));
  if (mark == Mark::circle || mark == Mark::open_circle)
    return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" {}>{}</circle>", x, y, is_open ? 3.2 : 3.5, ink,
                       more);
  const char* const outline = mark == Mark::triangle  ? "m0 -4.4l4.4 7.6h-8.8Z"
                              : mark == Mark::diamond ? "m0 -4.8l4.8 4.8l-4.8 4.8l-4.8 -4.8Z"
                              : is_open               ? "m-3 -3h6v6h-6Z"
                                                      : "m-3.3 -3.3h6.6v6.6h-6.6Z";
  return fmt::format("<path d=\"M{:.1f} {:.1f}{}\" {}>{}</path>", x, y, outline, ink, more);
}

std::string sample_svg(std::size_t style, bool is_marked) {
  return fmt::format("<path d=\"M0 0h26\" {}/>", stroke_svg(style)) + (is_marked ? mark_svg(style, 13, 0) : "");
}

std::string theory_svg(std::size_t style) {
  return fmt::format("stroke=\"{}\" stroke-width=\"1.8\" stroke-dasharray=\"{}\"", curve_colour(style), theory_dashes);
}

std::string stretch_sample_svg(std::size_t index) {
  return fmt::format(
      "<rect class=\"stretch\" y=\"-7\" width=\"26\" height=\"14\" fill=\"#000\" fill-opacity=\"{}\" stroke=\"#999\" "
      "stroke-width=\".7\"/>",
      stretch_opacity(index));
}

std::string theory_sample_svg() {
  return fmt::format(
      "<path class=\"theory\" d=\"M0 0h26\" stroke=\"#444\" stroke-width=\"1.8\" stroke-dasharray=\"{}\"/>",
      theory_dashes);
}

std::string overlay_dashes(std::size_t dash) {
  static constexpr std::array<const char*, 6> dashes = {"5 4",  "1.5 2.5",         "10 3 1.5 3",
                                                        "12 5", "5 2 1.5 2 1.5 2", "2 6"};
  return dashes[dash % dashes.size()];
}

std::string overlay_svg(bool is_level, std::size_t dash) {
  return fmt::format("stroke=\"#444\" stroke-width=\"{}\" stroke-dasharray=\"{}\"", is_level ? "1" : "1.4",
                     overlay_dashes(dash));
}

}  // namespace tightrope
