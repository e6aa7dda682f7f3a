#include <algorithm>

#include "core/claims/quantity.hpp"

namespace tightrope {

QuantityForm at_largest_quantity_form() {
  return {.patterns = {"COLUMN at largest COLUMN"},
          .example = "error at largest loss",
          .meaning =
              "the value in the first row in which the second column is largest, of the rows in which both are defined",
          .is_value = true,
          .has_window = true,
          .measure = [](const Quantity&, const Samples& rows) {
            const auto row = std::max_element(rows.over.begin(), rows.over.end()) - rows.over.begin();
            return Measured::exactly(rows.value[static_cast<std::size_t>(row)]);
          }};
}

}  // namespace tightrope
