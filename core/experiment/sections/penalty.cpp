// penalty: plugins of kind penalties.
#include "core/experiment/resolver.hpp"

namespace tightrope {

Section penalty_section() {
  return {.name = "penalty",
          .order = 55,
          .text = "One plugin, a list of them that add up, or none: a function of X that is added to the loss.",
          .plugin = "penalties",
          .may_be_list = true,
          .of_sensing = true,
          .of_cell = [](Resolver& resolver, const Node& tree, CellSpec& cell) {
            cell.penalties = resolver.choose_some("penalties", "penalty", tree, cell, cell.resolved);
          }};
}

}  // namespace tightrope
