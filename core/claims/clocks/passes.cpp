#include "core/claims/clock.hpp"

namespace tightrope {

Clock passes_clock() {
  return {.name = "passes",
          .column = "passes",
          .axis = "passes over the operator",
          .axis_of_problem = "passes over the data",
          .place = 1};
}

}  // namespace tightrope
