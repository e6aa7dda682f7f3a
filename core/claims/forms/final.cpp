#include "core/claims/quantity.hpp"

namespace tightrope {

QuantityForm final_quantity_form() {
  return {.patterns = {"final COLUMN", "CLOCK"},
          .spelling = "CLOCK",
          .example = "final error",
          .meaning = "the value at the end of the run; of a clock, how long it was",
          .is_value = true,
          .is_goal = true,
          // A run that has ended recorded everything in its last row: what is not there is not defined.
          .measure = [](const Quantity&, const Samples& rows) { return Measured::exactly(rows.value.back()); }};
}

}  // namespace tightrope
