// loss: a plugin of kind losses.
#include "core/experiment/resolver.hpp"

namespace tightrope {

Section loss_section() {
  return {.name = "loss",
          .order = 50,
          .text = "One plugin: how far measurements are off.",
          .plugin = "losses",
          .of_sensing = true,
          .of_cell = [](Resolver& resolver, const Node& tree, CellSpec& cell) {
            cell.loss = resolver.choose("losses", "loss", tree, cell);
          }};
}

}  // namespace tightrope
