#include "core/claims/quantity.hpp"

namespace tightrope {

QuantityForm rate_quantity_form() {
  return {.patterns = {"rate of COLUMN", "rate of COLUMN over COLUMN"},
          .example = "rate of error",
          .meaning = "the s of COLUMN ~ exp(s · iteration), or of another column in its place, by least squares",
          .over = "iteration",
          .has_window = true,
          .law = find_law("rate")};
}

}  // namespace tightrope
