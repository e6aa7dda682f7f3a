#include "core/claims/quantity.hpp"

namespace tightrope {

QuantityForm time_to_quantity_form() {
  return {.patterns = {"CLOCK to COLUMN < BOUND"},
          .example = "iterations to error < 0.1",
          .meaning =
              "until the first recorded row with this (or `<=`, `>`, `>=`); a run that ended before is known to "
              "need more",
          .is_goal = true,
          .measure = [](const Quantity& quantity, const Samples& rows) {
            const auto met = [&](Real value) { return quantity.target.holds(value); };
            const CensoredTime waited = *wait_for(rows.value, rows.over, met);
            return waited.reached ? Measured::exactly(waited.time) : Measured::more_than(waited.time);
          }};
}

}  // namespace tightrope
