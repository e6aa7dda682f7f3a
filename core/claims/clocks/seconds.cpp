#include "core/claims/clock.hpp"

namespace tightrope {

Clock seconds_clock() {
  return {
      .name = "seconds", .column = "seconds", .place = 2, .is_reproducible = false, .values = [](const Trace& trace) {
        return trace.seconds;
      }};
}

}  // namespace tightrope
