// How a run ends.
#pragma once

#include <string>

#include "core/numbers/types.hpp"

namespace tightrope {

enum class EndClass { converged, stalled, limit, diverged, failed };
const char* to_string(EndClass end);

/// Class, and a reason in words with its numbers. The engine writes the last iteration.
struct End {
  EndClass end_class = EndClass::limit;
  std::string reason;
  Index iteration = 0;
};

}  // namespace tightrope
