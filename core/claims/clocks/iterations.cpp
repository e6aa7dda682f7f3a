#include "core/claims/clock.hpp"

namespace tightrope {

Clock iterations_clock() { return {.name = "iterations", .column = "iteration", .place = 0}; }

}  // namespace tightrope
