// Truth and estimates as pictures: each truth once, then the estimates of the runs that share it, and their errors. Of
// large matrices the entries of some rows and columns are shown, which come straight from the factors.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/report/figures/facets.hpp"
#include "core/report/figures/maps/matrix_picture.hpp"
#include "core/report/section.hpp"

namespace tightrope {

namespace {

constexpr Index most_entries = 4'000'000;  // of a matrix that is formed for a picture

/// Which entries of matrices of one shape are shown, and how that is said.
class Window {
 public:
  explicit Window(Shape shape) {
    if (shape.rows <= most_entries / std::max<Index>(1, shape.cols)) {
      if (std::max(shape.rows, shape.cols) > most_pixels) note_ = "Each pixel is the mean of a block of entries.";
      return;
    }
    for (const std::size_t i : evenly_spread(shape.rows, most_pixels)) rows_.push_back(i);
    for (const std::size_t j : evenly_spread(shape.cols, most_pixels)) cols_.push_back(j);
    note_ = fmt::format(
        "Shown are the entries in {} of the {} rows and {} of the {} columns, evenly spread; relative errors are those "
        "of the whole matrices.",
        rows_.size(), grouped(shape.rows), cols_.size(), grouped(shape.cols));
  }

  const std::string& note() const { return note_; }
  Mat operator()(const LowRank& X) const {
    if (rows_.empty()) return X.dense();
    return LowRank{X.left.rows(arma::uvec(rows_)), X.right.rows(arma::uvec(cols_))}.dense();
  }

 private:
  std::vector<Index> rows_, cols_;  // empty: all of them
  std::string note_;
};

struct ErrorMap {
  std::string caption;
  Mat block_means;
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

/// What the runs of a group share besides their truth, if others have something else.
std::string title_of(const StoredRun& run, const std::vector<std::size_t>& group) {
  Labels shared = run.cells[group.front()].labels;
  for (const std::size_t i : group)
    std::erase_if(shared, [&](const auto& label) {
      const auto own = run.cells[i].labels.find(label.first);
      return own == run.cells[i].labels.end() || own->second != label.second;
    });
  return name_of(shared);
}

/// The pictures of runs that share a truth. All estimates on one scale; errors below, on a scale of their own. A truth
/// that is not of low rank comes with its best approximation (Eckart & Young), which nobody can beat.
std::string group_section(const StoredRun& run, const Pictures& pictures, const std::vector<std::size_t>& group,
                          const std::string& title) {
  const std::shared_ptr<const Truth> truth = pictures.truth(group);
  const Sizes& sizes = run.cells[group.front()].sizes;
  const Window window({sizes.rows, sizes.cols});
  const Mat of_truth = truth ? window(truth->X) : Mat();
  Real low = 0, high = 1, largest = 0;
  bool has_scale = false;
  std::string maps, trouble;
  std::vector<ErrorMap> errors;
  const auto add = [&](const std::string& name, const std::string& caption, const Mat& values) {
    if (!values.is_finite()) {
      trouble += fmt::format("<p>{}: no picture, because some of its entries are no finite numbers.</p>\n",
                             escaped(capitalised(caption)));
      return;
    }
    if (!std::exchange(has_scale, true)) {
      low = values.min();
      high = values.max();
    }
    maps += picture(values, low, high, caption);
    if (name.empty() || of_truth.is_empty()) return;
    const Mat error = arma::abs(values - of_truth);
    largest = std::max(largest, error.max());
    errors.push_back({name, block_means(error)});
  };
  std::string html;
  if (truth) {
    add("", "truth", of_truth);
    const Index beyond = truth->svd.values.n_elem - std::min(truth->rank, truth->svd.values.n_elem);
    const Real yardstick =
        beyond > 0 && truth->norm > 0 ? frobenius_norm(truth->svd.values.tail(beyond)) / truth->norm : 0;
    if (yardstick > 1e-12) {
      html += fmt::format(
          "<p>The truth is not of low rank. The yardstick is its best approximation of rank {} (Eckart &amp; Young), "
          "at relative error {}: no estimate of this rank can be nearer.</p>\n",
          truth->rank, number(yardstick));
      const std::string name = fmt::format("best of rank {}", truth->rank);
      add(name, name + ": relative error " + number(yardstick), window(balanced(truncated(truth->svd, truth->rank))));
    }
  }
  for (const std::size_t i : group) {
    const std::optional<LowRank> X = pictures.estimate(i, truth.get());
    if (!X) continue;
    std::string name = name_of(run.cells[i].labels);
    if (name.empty()) name = "estimate";
    std::string caption = name;
    if (truth && truth->norm > 0) caption += ": relative error " + number(difference_norm(*X, truth->X) / truth->norm);
    add(name, caption, window(*X));
  }
  if (maps.empty()) return trouble;
  if (!title.empty()) html = "<h3>" + escaped(capitalised(title)) + "</h3>\n" + html;
  html += "<div class=\"maps\">\n" + maps + "</div>\n" + trouble +
          colour_scale(low, high, "entries of the matrix, one scale for all");
  if (!window.note().empty()) html += "<p class=\"soft\">" + window.note() + "</p>\n";
  if (errors.empty()) return html;
  html += fmt::format("<{0}>Where they err</{0}>\n<div class=\"maps\">\n<div></div>", title.empty() ? "h3" : "h4");
  for (const ErrorMap& map : errors) html += picture(map.block_means, 0, largest, map.caption);
  return html + "</div>\n" + colour_scale(0, largest, "distance to the truth, entry by entry");
}

}  // namespace

ReportSection truth_report_section() {
  return {90, [](const Content&) { return "Truth and estimate"; },
          [](const Content& page) {
            std::string html;
            for (const std::vector<std::size_t>& group : page.pictures.groups)
              html += group_section(page.run, page.pictures, group,
                                    page.pictures.groups.size() > 1 ? title_of(page.run, group) : "");
            return html;
          }};
}

}  // namespace tightrope
