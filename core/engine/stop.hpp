// Rules that end a run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/interfaces/end.hpp"

namespace tightrope {

/// The `stop:` section. Any rule that is met ends the run.
struct StopRules {
  struct Threshold {
    std::string column;  // of some observer
    Real at_most;
  };
  std::optional<Index> iterations;    // limit
  std::optional<Real> seconds;        // limit; the only rule that depends on the clock
  std::vector<Threshold> thresholds;  // converged
  Real divergence = 1e8;              // diverged: |f| > divergence · max(|f at the start|, ½‖y‖²), or not finite
};

}  // namespace tightrope
