// Rules that end a run, and how a run ended.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

enum class EndClass { converged, stalled, limit, diverged, failed };
const char* to_string(EndClass end);

/// How a run ended: class, a reason in words with the rule and its numbers, and the last iteration.
struct End {
  EndClass end_class = EndClass::limit;
  std::string reason;
  Index iteration = 0;
};

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
