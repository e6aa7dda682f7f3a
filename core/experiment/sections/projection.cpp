// projection: a plugin of kind projections.
#include "core/experiment/resolver.hpp"

namespace tightrope {

Section projection_section() {
  return plugin_section("projection", 80, "One plugin, or none: what every iteration ends with.", "projections",
                        &CellSpec::projection);
}

}  // namespace tightrope
