#include "core/report/figures/drawing/tikz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/report/tables/table.hpp"
#include "core/report/text.hpp"

namespace tightrope::tikz {

namespace {

constexpr Real tick_font = 7, title_line = 8.5, legend_line = 11;  // points
constexpr Real below_axes = 27;                                    // labels of the ticks and of the x axis
constexpr Real sample_width = 26, entry_gap = 8;                   // of a legend

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& one : lines) text += (text.empty() ? "" : "\\\\ ") + latex_text(one);
  return text;
}

Real widest(const std::vector<Tick>& ticks) {
  Real most = 0;
  for (const Tick& tick : ticks) most = std::max(most, text_width(tick.label, tick_font));
  return most;
}

Real right_of(const Picture& picture) {
  Real most = 3;
  for (const Axis& axis : picture.axes)
    for (const Tick& tick : axis.x_ticks)
      if (axis.x.place(tick.value) > 0.9) most = std::max(most, text_width(tick.label, tick_font) / 2);
  return most;
}

std::size_t title_lines(const Picture& picture) {
  std::size_t most = 0;
  for (const Axis& axis : picture.axes) most = std::max(most, axis.title.size());
  return most;
}

/// Labels below a panel. None meets the one before it or those of the neighbours.
std::string labels_across(const Axis& axis, Real width) {
  std::string labels;
  Real written = -gap;
  for (const Tick& tick : axis.x_ticks) {
    const Real half = text_width(tick.label, tick_font) / 2, at = axis.x.place(tick.value) * width;
    const bool has_room = axis.has_x_labels && at - half > written + 3 && at + half < width + gap;
    if (has_room) written = at + half;
    labels += fmt::format("{}{{{}}}", labels.empty() ? "" : ",", has_room ? latex_text(tick.label) : "");
  }
  return labels;
}

std::string positions(const std::vector<Tick>& ticks) {
  std::string text;
  for (const Tick& tick : ticks) text += fmt::format("{}{:.6g}", text.empty() ? "" : ",", tick.value + 0.0);  // no "-0"
  return text;
}

std::string labels_up(const Axis& axis) {
  std::string text;
  for (const Tick& tick : axis.y_ticks)
    text += fmt::format("{}{{{}}}", text.empty() ? "" : ",", axis.has_y_labels ? latex_text(tick.label) : "");
  return text;
}

std::string limits(const char* name, const Scale& scale) {
  return fmt::format("{0}mode={1}, {0}min={2:.6g}, {0}max={3:.6g}", name, scale.logarithmic ? "log" : "linear",
                     scale.low, scale.high);
}

/// Where a panel's lower left corner is, relative to that of the first.
std::string corner(const Picture& picture, Real head, std::size_t column, std::size_t row) {
  return fmt::format("({{{0}*(\\tightropepanel+{1}pt)}},{{-{2}*({3:.3f}*\\tightropepanel+{4:.1f}pt)}})", column, gap,
                     row, picture.aspect, head);
}

std::string axis_text(const Picture& picture, Real head, const Axis& axis) {
  const std::string text = fmt::format(
      "\\begin{{axis}}[at={{{}}}, anchor=south west, scale only axis, width=\\tightropepanel,\n"
      "  height={:.3f}*\\tightropepanel, {}, {},\n  xtick={{{}}}, xticklabels={{{}}},\n  ytick={{{}}}, "
      "yticklabels={{{}}},\n"
      "  scaled ticks=false, xminorticks=false, yminorticks=false, axis x line*=bottom, axis y line*=left, axis line "
      "style={{black!65}},\n"
      "  {}tick align=outside, major tick length=2pt, tick style={{black!65}}, tick label "
      "style={{font=\\scriptsize}},\n"
      "  unbounded coords=jump{}]\n",
      corner(picture, head, axis.column, axis.row), picture.aspect, limits("x", axis.x), limits("y", axis.y),
      positions(axis.x_ticks), labels_across(axis, panel_width(picture)), positions(axis.y_ticks), labels_up(axis),
      axis.has_grid ? "grid=major, major grid style={black!12, line width=.3pt}, " : "",
      axis.title.empty() ? ""
                         : ",\n  title={" + joined(axis.title) +
                               "\\strut}, title style={at={(0,1)}, anchor=south west, yshift=-6pt, inner sep=0pt, "
                               "font=\\scriptsize, align=left}");
  return text + axis.body + "\\end{axis}\n";
}

/// As many columns as the longest name allows.
std::size_t columns_of(const std::vector<LegendLine>& group, Real width) {
  Real longest = 40;
  for (const LegendLine& own : group) longest = std::max(longest, text_width(own.name, legend_font));
  return static_cast<std::size_t>(std::clamp<Real>(std::floor(width / (longest + sample_width + entry_gap)), 1, 5));
}

/// One group of a legend, its upper left corner `down` below the panels.
std::string legend_text(const std::vector<LegendLine>& group, Real width, Real left, const std::string& down) {
  const std::size_t columns = std::min(columns_of(group, width), group.size());
  std::string text = fmt::format(
      "\\begin{{axis}}[at={{({{-{:.1f}pt}},{{{}}})}}, anchor=north west, hide axis, scale only axis, width=1pt, "
      "height=1pt,\n  xmin=0, xmax=1, ymin=0, ymax=1, legend columns={}, legend cell align=left,\n"
      "  legend style={{at={{(0,1)}}, anchor=north west, draw=none, fill=none, font=\\footnotesize, inner sep=0pt, "
      "/tikz/every even column/.append style={{column sep=5pt}}}}]\n",
      left, down, columns);
  for (const LegendLine& own : group)
    text += fmt::format("\\addlegendimage{{{}}}\\addlegendentry{{{}}}\n", own.sample,
                        latex_text(fitted(own.name, width - sample_width, legend_font)));
  return text + "\\end{axis}\n";
}

/// Of a text that may break lines.
std::string comment(const std::string& text) {
  std::string out = "% ";
  for (const char c : text) out += c == '\n' || c == '\r' ? ' ' : c;
  return out + "\n";
}

}  // namespace

Real left_of(const Picture& picture) {
  Real most = 0;
  for (const Axis& axis : picture.axes)
    if (axis.has_y_labels) most = std::max(most, widest(axis.y_ticks));
  return most + 6 + (picture.y_label.empty() ? 0 : 12);
}

Real panel_width(const Picture& picture) {
  const auto columns = static_cast<Real>(picture.columns);
  return (picture.width - left_of(picture) - right_of(picture) - (columns - 1) * gap) / columns;
}

std::string text_of(const Picture& picture) {
  const Real left = left_of(picture), right = right_of(picture),
             head = 7 + title_line * static_cast<Real>(title_lines(picture));
  std::size_t rows = 1;
  for (const Axis& axis : picture.axes) rows = std::max(rows, axis.row + 1);
  const std::size_t last_row = rows - 1;
  const std::string across = fmt::format("{0}*\\tightropepanel+{1:.1f}pt", picture.columns,
                                         gap * static_cast<Real>(picture.columns - 1)),
                    bottom = fmt::format("-{0}*({1:.3f}*\\tightropepanel+{2:.1f}pt)", last_row, picture.aspect, head);
  std::string text = comment(picture.title) + "% Needs \\usepackage{pgfplots}; \\input draws it, \\linewidth wide.\n";
  text += comment("\\caption{" + latex_text(plain(picture.caption)) + "}");
  text += fmt::format(
      "\\noindent\\begin{{tikzpicture}}[font=\\footnotesize]\n"
      "\\pgfmathsetlengthmacro\\tightropepanel{{(\\linewidth-{:.1f}pt)/{}}}\n"
      "\\path[use as bounding box] (-{:.1f}pt,{{{:.3f}*\\tightropepanel+{:.1f}pt}}) rectangle "
      "({{{}+{:.1f}pt}},",
      left + right + gap * static_cast<Real>(picture.columns - 1) + 0.2, picture.columns, left, picture.aspect, head,
      across, right);
  Real down = below_axes + picture.foot_height;
  std::string legends;
  for (const auto& group : picture.legend) {
    if (group.empty()) continue;
    const Real width = picture.width - 2;
    legends += legend_text(group, width, left, fmt::format("{}-{:.1f}pt", bottom, down));
    const std::size_t columns = columns_of(group, width);
    down += legend_line * static_cast<Real>((group.size() + columns - 1) / columns) + 1;
  }
  text += fmt::format("{{{}-{:.1f}pt}});\n", bottom, down);
  for (const Axis& axis : picture.axes) text += axis_text(picture, head, axis);
  text += fmt::format("\\node[anchor=north, inner sep=0pt] at ({{0.5*({})}},{{{}-14pt}}) {{{}}};\n", across, bottom,
                      latex_text(fitted(picture.x_label, picture.width - left - right, legend_font)));
  if (!picture.y_label.empty()) {
    const Real height = static_cast<Real>(rows) * (picture.aspect * panel_width(picture) + head) - head;
    text += fmt::format(
        "\\node[anchor=north, rotate=90, inner sep=0pt] at (-{:.1f}pt,{{0.5*({}+{:.3f}*\\tightropepanel)}}) "
        "{{{}}};\n",
        left, bottom, picture.aspect, latex_text(fitted(picture.y_label, height + 40, legend_font)));
  }
  if (!picture.foot.empty())
    text += fmt::format("\\begin{{scope}}[shift={{(-{:.1f}pt,{{{}-{:.1f}pt}})}}]\n{}\\end{{scope}}\n", left, bottom,
                        below_axes, picture.foot);
  return text + legends + "\\end{tikzpicture}%\n";
}

std::string dashes(const std::string& lengths) {
  std::istringstream words(lengths);
  std::string text;
  bool is_on = true;
  for (Real length = 0; words >> length; is_on = !is_on)
    text += fmt::format(" {} {:.2g}pt", is_on ? "on" : "off", 0.6 * length);
  return text.empty() ? "" : "dash pattern=" + text.substr(1) + ", ";
}

std::string colour(const std::string& html) {
  const auto part = [&](std::size_t i) { return std::stoi(html.substr(1 + 2 * i, 2), nullptr, 16); };
  return fmt::format("{{rgb,255:red,{};green,{};blue,{}}}", part(0), part(1), part(2));
}

std::string coordinates(const std::vector<Real>& x, const std::vector<Real>& y) {
  std::string text;
  for (std::size_t i = 0; i < x.size(); ++i)
    text += fmt::format("{}({:.6g},{:.6g})", i == 0 ? "" : i % 8 == 0 ? "\n  " : " ", x[i], y[i]);
  return text;
}

}  // namespace tightrope::tikz
