#include <algorithm>

#include "core/claims/quantity.hpp"

namespace tightrope {

QuantityForm smallest_quantity_form() {
  return {.patterns = {"smallest COLUMN"},
          .example = "smallest error",
          .meaning = "the smallest recorded value",
          .is_value = true,
          .is_goal = true,
          .has_window = true,
          .measure = [](const Quantity&, const Samples& rows) {
            return Measured::exactly(*std::min_element(rows.value.begin(), rows.value.end()));
          }};
}

}  // namespace tightrope
