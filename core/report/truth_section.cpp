// Truth and estimates as pictures.
#include <fmt/format.h>

#include <algorithm>

#include "core/report/heat_map.hpp"
#include "core/report/sections.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

struct Map {
  std::string caption;
  Mat values;
};

std::string picture(const Mat& values, Real low, Real high, const std::string& caption) {
  return fmt::format(
      "<figure><figcaption>{0}</figcaption><img alt=\"{0}\" src=\"data:image/png;base64,{1}\"></figure>\n",
      escaped(caption), base64(heat_map_png(values, low, high)));
}

std::string colour_scale(Real low, Real high, const std::string& meaning) {
  return fmt::format(
      "<div class=\"bar\"><span>{}</span><img alt=\"colour scale\" "
      "src=\"data:image/png;base64,{}\"><span>{}</span><span class=\"soft\">{}</span></div>\n",
      number(low), base64(colour_bar_png()), number(high), meaning);
}

}  // namespace

// All estimates on one scale; errors below, on a scale of their own. A truth that is not of low rank comes with its
// best approximation (Eckart & Young), which nobody can beat.
std::string truth_section(const StoredRun& run, const std::vector<CellExtras>& extras) {
  std::shared_ptr<const Truth> truth;
  for (const CellExtras& extra : extras)
    if (extra.truth && !truth) truth = extra.truth;
  std::vector<Map> estimates;
  std::string html = "<h2>Truth and estimate</h2>\n";
  Mat dense;
  if (truth) {
    dense = truth->X.dense();
    const Mat best = balanced(truncated(truth->svd, truth->rank)).dense();
    const Real yardstick = truth->norm > 0 ? arma::norm(dense - best, "fro") / truth->norm : 0;
    if (yardstick > 1e-12) {
      html += fmt::format(
          "<p>The truth is not of low rank. The yardstick is its best approximation of rank {} (Eckart &amp; Young), "
          "at "
          "relative error {}: no estimate of this rank can be nearer.</p>\n",
          truth->rank, number(yardstick));
      estimates.push_back({fmt::format("best of rank {}: relative error {}", truth->rank, number(yardstick)), best});
    }
  }
  for (std::size_t i = 0; i < extras.size(); ++i) {
    if (!extras[i].estimate) continue;
    const Mat& estimate = *extras[i].estimate;
    const std::string name = name_of(run.cells[i].labels);
    std::string caption = name.empty() ? "estimate" : name;
    if (truth && arma::size(estimate) == arma::size(dense) && truth->norm > 0)
      caption += ": relative error " + number(arma::norm(estimate - dense, "fro") / truth->norm);
    estimates.push_back({caption, estimate});
  }
  if (!truth && estimates.empty()) return "";
  const Mat& scale = truth ? dense : estimates.front().values;
  const Real low = scale.min(), high = scale.max();
  html += "<div class=\"maps\">\n";
  if (truth) html += picture(dense, low, high, "truth");
  Real largest = 0;
  for (const Map& map : estimates) {
    html += picture(map.values, low, high, map.caption);
    if (truth && arma::size(map.values) == arma::size(dense))
      largest = std::max(largest, arma::abs(map.values - dense).max());
  }
  html += "</div>\n" + colour_scale(low, high, "entries of the matrix, one scale for all");
  if (!truth) return html;
  std::string errors;
  for (const Map& map : estimates)
    if (arma::size(map.values) == arma::size(dense))
      errors += picture(arma::abs(map.values - dense), 0, largest, map.caption.substr(0, map.caption.find(':')));
  if (!errors.empty())
    html += "<h3>Where they err</h3>\n<div class=\"maps\">\n<div></div>" + errors + "</div>\n" +
            colour_scale(0, largest, "distance to the truth, entry by entry");
  return html;
}

}  // namespace tightrope
