// Samples of many classes, such as images of digits, that a user's file holds, made into two classes 1 and −1 and
// brought to one scale, as networks with a single output need them (digits of even and odd numbers, or 0 and 1 without
// the other eight: Min, Mallada & Vidal, ICLR 2024; Min & Vidal, ICML 2024).
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// Samples X, D × n, and their labels y, as files have them.
struct FileSamples {
  Mat X;
  Vec y;
};
/// Of a table with one sample a row, its label in the last column or, if `labels` is named, in that file. Throws
/// Unsuitable where these do not go together.
inline FileSamples with_labels(Mat table, const std::string& labels) {
  const Mat y = labels.empty() ? Mat(table.tail_cols(1)) : read_matrix(labels);
  if (labels.empty()) table.shed_col(table.n_cols - 1);
  if (table.n_cols == 0 || y.n_elem != table.n_rows)
    throw Unsuitable("needs samples with one label for each, but there are " + std::to_string(table.n_rows) +
                     " samples and " + std::to_string(y.n_elem) + " labels");
  return {table.t(), arma::vectorise(y)};
}
/// The same of a file, whose samples are vectors or images (n × height × width).
inline FileSamples read_samples(const std::string& data, const std::string& labels) {
  return with_labels(read_array(data).values, labels);
}

/// What was done to the samples that a network learns from, to be done to others.
struct SampleScaling {
  Real factor = 1;
  Vec mean;                 // of the samples times the factor; empty if it stays in them
  bool has_length = false;  // whether every sample has the length 1 then
  void apply(Mat& X) const {
    X *= factor;
    if (!mean.is_empty()) X.each_col() -= mean;
    if (has_length) X = arma::normalise(X);
  }
};

struct ClassGroups {
  std::vector<Real> positive, negative;
  std::string normalize = "none";
  bool centred = false;

  void declare(Parameters& p) {
    p.add("positive_classes", positive, any(), "labels in the file that become 1");
    p.add("negative_classes", negative, any(),
          "labels that become -1, all others by default; samples of classes in neither list are left out");
    p.add("normalize", normalize, {"none", "largest", "length"},
          "largest: numbers of the file are divided by the largest; length: samples have length 1, after centring");
    p.add("centred", centred, "subtract the mean of the samples");
  }
  bool is_given() const { return !positive.empty() || !negative.empty() || normalize != "none" || centred; }

  /// X: D × n, y: n labels as the file has them. Samples of no group leave; returns the labels, 1 and −1. Throws
  /// Unsuitable where a label is in both lists, or a group has no samples.
  Vec grouped(Mat& X, Vec& y) const {
    if (positive.empty() && negative.empty()) return y;
    const auto has = [](const std::vector<Real>& list, Real label) {
      return std::find(list.begin(), list.end(), label) != list.end();
    };
    Vec signs(y.n_elem, arma::fill::zeros);
    for (Index i = 0; i < y.n_elem; ++i) {
      const bool is_positive = has(positive, y[i]);
      if (is_positive && has(negative, y[i]))
        throw Unsuitable("needs a class in one group, but " + shortest(y[i]) +
                         " is among the positive and negative ones");
      if (is_positive) signs[i] = 1;
      if (negative.empty() ? !is_positive : has(negative, y[i])) signs[i] = -1;
    }
    const arma::uvec kept = arma::find(signs);
    for (const Real side : {1.0, -1.0})
      if (!arma::any(signs == side))
        throw Unsuitable("needs samples of positive and negative classes, but the file has none of the " +
                         std::string(side > 0 ? "positive" : "negative"));
    X = X.cols(kept).eval();
    y = y(kept).eval();
    return signs(kept);
  }

  SampleScaling scaling(const Mat& X) const {
    SampleScaling result;
    const Real largest = X.is_empty() ? 0 : Mat(arma::abs(X)).max();
    if (normalize == "largest" && largest > 0) result.factor = 1 / largest;
    if (centred) result.mean = result.factor * arma::mean(X, 1);
    result.has_length = normalize == "length";
    return result;
  }
};

}  // namespace tightrope
