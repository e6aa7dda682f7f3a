// Whether a loss over measurements is their sum or their mean.
#pragma once

#include <string>

#include "core/interfaces/component.hpp"
#include "core/tree/parameters.hpp"

namespace tightrope {

/// What every loss that is a sum over measurements lets its user choose.
struct Reduction {
  std::string reduction = "sum";
  /// `what` is added or averaged: "the squares".
  void declare(Parameters& p, const std::string& what) {
    p.add("reduction", reduction, {"sum", "mean"}, "whether " + what + " are added or averaged over the measurements");
  }
  /// What the sum is multiplied by: 1 or 1/m.
  Real weight(const Context& context) const {
    return reduction == "mean" ? 1 / static_cast<Real>(context.sensing().measurements()) : 1;
  }
};

}  // namespace tightrope
