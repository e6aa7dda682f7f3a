// The curves of a study as numbers for pgfplots, gnuplot and the like.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "core/report/figures/curves/bands.hpp"
#include "core/report/figures/curves/curves.hpp"
#include "core/report/tables/table.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_points = 400;  // of a curve

struct Curve {
  std::string name;
  Series series;
};

std::vector<Curve> curves_of(const StoredRun& run, const Summary& summary, const std::string& column) {
  std::vector<Curve> curves;
  for (const Setting& setting : summary.settings) {
    Series series = band_of(run, setting, column, clocks().front(), most_points);
    if (series.x.empty()) continue;
    if (series.low.empty()) series.low = series.high = series.y;  // a single run
    curves.push_back({setting.labels.empty() ? run.name : name_of(setting.labels), std::move(series)});
  }
  return curves;
}

/// "7 4" → "dash pattern=on 7pt off 4pt"
std::string dash_pattern(std::size_t i) {
  std::istringstream lengths(curve_dashes(i));
  std::string text;
  bool on = true;
  for (std::string length; lengths >> length; on = !on) text += fmt::format(" {} {}pt", on ? "on" : "off", length);
  return text.empty() ? "solid" : "dash pattern=" + text.substr(1);
}

/// Where dashes alone do not tell curves apart: ", mark=square*, mark repeat=50, mark options={solid}"
std::string mark_pattern(std::size_t i) {
  static constexpr std::array<const char*, 6> marks = {"*", "square*", "triangle*", "diamond*", "o", "square"};
  if (!is_marked(i)) return "";
  return fmt::format(", mark={}, mark repeat={}, mark options={{solid}}",
                     marks[static_cast<std::size_t>(curve_mark(i)) % marks.size()], most_points / 8);
}

std::string instructions(const std::vector<Curve>& curves, const std::string& column, bool logarithmic,
                         const std::string& file) {
  std::string text = fmt::format(
      "# {}: median over the repetitions of each setting, with its quartiles.\n"
      "# With \\usepackage{{pgfplots}} and \\usepgfplotslibrary{{fillbetween}}:\n#\n# \\begin{{tikzpicture}}\n",
      plain(column));
  for (std::size_t i = 0; i < curves.size(); ++i)
    text += fmt::format("# \\definecolor{{curve{}}}{{HTML}}{{{}}}\n", i, curve_colour(i).substr(1));
  text += fmt::format("# \\begin{{axis}}[{}xlabel={{iteration}}, ylabel={{{}}}, legend pos=outer north east]\n",
                      logarithmic ? "ymode=log, " : "", latex_text(worded(column)));
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const auto plot = [&](const std::string& options, const char* y) {
      text += fmt::format("# \\addplot[{}] table[x=iteration_{}, y={}_{}] {{{}}};\n", options, i, y, i, file);
    };
    text += fmt::format("# % curve {}: {}\n", i, plain(curves[i].name));
    plot(fmt::format("name path=low{}, draw=none, forget plot", i), "low");
    plot(fmt::format("name path=high{}, draw=none, forget plot", i), "high");
    text +=
        fmt::format("# \\addplot[forget plot, curve{0}, fill opacity=0.2] fill between[of=low{0} and high{0}];\n", i);
    plot(fmt::format("thick, curve{}, {}{}", i, dash_pattern(i), mark_pattern(i)), "median");
    text += fmt::format("# \\addlegendentry{{{}}}\n", latex_text(plain(curves[i].name)));
  }
  return text + "# \\end{axis}\n# \\end{tikzpicture}\n";
}

}  // namespace

std::string plot_data(const StoredRun& run, const Summary& summary, const std::string& column,
                      const std::string& file) {
  const Column* const known = find_column(run, column);
  const std::vector<Curve> curves = curves_of(run, summary, column);
  std::string text = instructions(curves, column, !known || known->logarithmic, file);
  std::size_t rows = 0;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    text += fmt::format("{}iteration_{} median_{} low_{} high_{}", i ? " " : "", i, i, i, i);
    rows = std::max(rows, curves[i].series.x.size());
  }
  text += "\n";
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t i = 0; i < curves.size(); ++i) {
      const Series& s = curves[i].series;
      text += i ? " " : "";
      text += r < s.x.size() ? fmt::format("{} {} {} {}", shortest(s.x[r]), shortest(s.y[r]), shortest(s.low[r]),
                                           shortest(s.high[r]))
                             : "nan nan nan nan";
    }
    text += "\n";
  }
  return text;
}

}  // namespace tightrope
