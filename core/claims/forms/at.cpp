#include <algorithm>

#include "core/claims/quantity.hpp"

namespace tightrope {

QuantityForm at_quantity_form() {
  return {.patterns = {"COLUMN at ITERATION"},
          .spelling = "COLUMN at iteration ITERATION",
          .example = "error at iteration 20",
          .meaning = "the value recorded there",
          .is_value = true,
          .measure = [](const Quantity& quantity, const Samples& rows) {
            const auto row =
                std::find(rows.iteration.begin(), rows.iteration.end(), static_cast<Real>(quantity.iteration));
            return row == rows.iteration.end()
                       ? Measured::nothing("not recorded")
                       : Measured::exactly(rows.value[static_cast<std::size_t>(row - rows.iteration.begin())]);
          }};
}

}  // namespace tightrope
