// perturbation: a plugin of kind perturbations.
#include "core/experiment/resolver.hpp"

namespace tightrope {

Section perturbation_section() {
  return {.name = "perturbation",
          .order = 70,
          .text = "One plugin, or none: what is added to the gradient with respect to X.",
          .plugin = "perturbations",
          .of_sensing = true,
          .of_cell = [](Resolver& resolver, const Node& tree, CellSpec& cell) {
            if (value_at(tree, "perturbation"))
              cell.perturbation = resolver.choose("perturbations", "perturbation", tree, cell);
          }};
}

}  // namespace tightrope
