#include "core/claims/clock.hpp"

namespace tightrope {

Clock time_clock() { return {.name = "time", .column = "time", .axis = "flow time", .place = 3, .is_cost = false}; }

}  // namespace tightrope
