// Samples with labels, from files or made up.
#pragma once

#include <optional>
#include <string>

#include "core/plugin/plugin.hpp"
#include "plugins/shared/class_groups.hpp"
#include "plugins/shared/rectifiers.hpp"

namespace tightrope {

/// Where a problem on labelled samples has them from.
struct LabelledOptions {
  std::string data, labels;
  std::optional<Index> samples, dimension;
  std::optional<Real> separation;
  void declare(Parameters& p) {
    p.add_file("data", data, "one sample a row, its label in the last column; made up if there is no file");
    p.add_file("labels", labels, "the labels by themselves, one for each row of `data`, which then holds none");
    p.add("samples", samples, between(2, 100000000), "n, of data that are made up; 20 by default");
    p.add("dimension", dimension, between(2, 1000000), "D, of data that are made up; 20 by default");
    p.add("separation", separation, between(0, 1), "least ⟨y_i x_i, y_j x_j⟩ of made-up data; 0.33 by default");
  }
  /// Reads the files or, where there are none, makes samples of two opposite cones. Throws Unsuitable where the options
  /// contradict each other, or labels and samples do not go together.
  Labelled load(const Stream& stream) const {
    if (data.empty() ? !labels.empty() : samples || dimension || separation)
      throw Unsuitable("has labels for data of a file, and samples, dimension and separation for made-up data");
    if (data.empty())
      return opposite_cones(samples.value_or(20), dimension.value_or(20), separation.value_or(0.33), stream);
    FileSamples samples_of_file = with_labels(read_matrix(data), labels);
    return {std::move(samples_of_file.X), std::move(samples_of_file.y)};
  }
};

}  // namespace tightrope
