#include <algorithm>

#include "core/claims/quantity.hpp"

namespace tightrope {

QuantityForm at_smallest_quantity_form() {
  return {.patterns = {"COLUMN at smallest COLUMN"},
          .example = "error at smallest loss",
          .meaning = "the same where the second column is smallest",
          .is_value = true,
          .has_window = true,
          .measure = [](const Quantity&, const Samples& rows) {
            const auto row = std::min_element(rows.over.begin(), rows.over.end()) - rows.over.begin();
            return Measured::exactly(rows.value[static_cast<std::size_t>(row)]);
          }};
}

}  // namespace tightrope
