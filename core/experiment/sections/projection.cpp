// projection: a plugin of kind projections.
#include "core/experiment/resolver.hpp"

namespace tightrope {

Section projection_section() {
  return {.name = "projection",
          .order = 80,
          .text = "One plugin, or none: what every iteration ends with.",
          .plugin = "projections",

          .of_cell = [](Resolver& resolver, const Node& tree, CellSpec& cell) {
            if (value_at(tree, "projection"))
              cell.projection = resolver.choose("projections", "projection", tree, cell);
          }};
}

}  // namespace tightrope
