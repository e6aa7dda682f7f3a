// model: a plugin of kind models.
#include "core/experiment/resolver.hpp"

namespace tightrope {

Section model_section() {
  return {.name = "model",
          .order = 30,
          .text = "One plugin: how the matrix is made of factors.",
          .plugin = "models",
          .of_sensing = true,
          .of_cell = [](Resolver& resolver, const Node& tree, CellSpec& cell) {
            cell.model = resolver.choose("models", "model", tree, cell);
          }};
}

}  // namespace tightrope
