#include <algorithm>

#include "core/claims/quantity.hpp"

namespace tightrope {

QuantityForm largest_quantity_form() {
  return {.patterns = {"largest COLUMN"},
          .example = "largest error",
          .meaning = "the largest recorded value",
          .is_value = true,
          .has_window = true,
          .measure = [](const Quantity&, const Samples& rows) {
            return Measured::exactly(*std::max_element(rows.value.begin(), rows.value.end()));
          }};
}

}  // namespace tightrope
