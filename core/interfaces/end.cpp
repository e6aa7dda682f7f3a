#include "core/interfaces/end.hpp"

namespace tightrope {

const char* to_string(EndClass end) {
  switch (end) {
    case EndClass::converged:
      return "converged";
    case EndClass::stalled:
      return "stalled";
    case EndClass::limit:
      return "limit";
    case EndClass::diverged:
      return "diverged";
    case EndClass::failed:
      return "failed";
  }
  return "failed";
}

}  // namespace tightrope
