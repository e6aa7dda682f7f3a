#include <algorithm>
#include <cmath>

#include "core/claims/quantity.hpp"

namespace tightrope {

QuantityForm initial_quantity_form() {
  return {.patterns = {"initial COLUMN"},
          .example = "initial error",
          .meaning = "the first recorded value",
          .is_value = true,
          .measure = [](const Quantity&, const Samples& rows) {
            const auto first =
                std::find_if(rows.value.begin(), rows.value.end(), [](Real x) { return !std::isnan(x); });
            return first == rows.value.end() ? Measured::nothing("not recorded") : Measured::exactly(*first);
          }};
}

}  // namespace tightrope
