#include "core/claims/quantity.hpp"

namespace tightrope {

QuantityForm exponent_quantity_form() {
  return {.patterns = {"exponent of COLUMN over COLUMN"},
          .example = "exponent of error over passes",
          .meaning = "the s of a power law by least squares",
          .has_window = true,
          .law = find_law("exponent")};
}

}  // namespace tightrope
