// Samples with labels, from files or made up.
#pragma once

#include <optional>
#include <string>

#include "core/numbers/rectifiers.hpp"
#include "core/tree/parameters.hpp"

namespace tightrope {

/// Where a problem on labelled samples has them from.
struct LabelledOptions {
  std::string data, labels;
  std::optional<Index> samples, dimension;
  std::optional<Real> separation;
  void declare(Parameters& p);
  /// Reads the files or, where there are none, makes samples of two opposite cones. Throws Unsuitable where the options
  /// contradict each other, or labels and samples do not go together.
  Labelled load(const Stream& stream) const;
};

}  // namespace tightrope
