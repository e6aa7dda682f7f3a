#include "core/report/figures/drawing/svg.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/report/text.hpp"

namespace tightrope::svg {

std::string document(Real width, Real height, Real left, Real right, const std::string& title, const std::string& part,
                     const std::string& body) {
  const std::string shown = fitted(part, (right - left) / 2, font);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" "
      "font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"#333\">\n<title>{2}</title>\n"
      "<rect class=\"paper\" width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#fff\"/>\n",
      width, height, escaped(title + (part.empty() ? "" : ", " + part), 200));
  svg += label(left, 24, "start", escaped(fitted(title, right - left - text_width(shown, font) - 20, 15 * 1.1)),
               " class=\"title\" font-size=\"15\" font-weight=\"600\"");
  if (!shown.empty()) svg += label(right, 24, "end", escaped(shown), " class=\"part\"");
  return svg + body + "</svg>\n";
}

std::string label(Real x, Real y, const char* anchor, const std::string& text, const std::string& more) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, more, text);
}

std::string panel_title(Real x, Real y, const std::vector<std::string>& lines) {
  std::string svg;
  for (std::size_t k = 0; k < lines.size(); ++k)
    svg += label(x, y - 7 - line_height * static_cast<Real>(lines.size() - 1 - k), "start", escaped(lines[k]),
                 " font-size=\"12\"");
  return svg;
}

std::string x_title(Real low, Real high, Real y, const std::string& text) {
  return label((low + high) / 2, y, "middle", escaped(fitted(text, high - low, font)), " class=\"x\"");
}

std::string y_title(Real low, Real high, Real room, const std::string& text) {
  return label(0, 0, "middle", escaped(fitted(text, room, font)),
               fmt::format(" class=\"y\" transform=\"translate(16 {:.1f}) rotate(-90)\"", (low + high) / 2));
}

std::string labels_along(const std::vector<std::pair<Real, std::string>>& labels, Real low, Real high, Real y) {
  std::string svg;
  Real written = -1e9;  // right end of the last label
  for (const auto& [place, text] : labels) {
    const Real half = text_width(text, font) / 2;
    if (2 * half > high - low) continue;
    const Real at = std::clamp(place, low + half, high - half);
    if (at - half < written + 6) continue;
    written = at + half;
    svg += label(at, y, "middle", escaped(text), " class=\"tick\"");
  }
  return svg;
}

}  // namespace tightrope::svg
