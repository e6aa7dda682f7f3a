// initialization: a plugin of kind initializations.
#include "core/experiment/resolver.hpp"

namespace tightrope {

Section initialization_section() {
  return {.name = "initialization",
          .order = 40,
          .text = "One plugin: where the factors start.",
          .plugin = "initializations",

          .of_cell = [](Resolver& resolver, const Node& tree, CellSpec& cell) {
            cell.initialization = resolver.choose("initializations", "initialization", tree, cell);
          }};
}

}  // namespace tightrope
