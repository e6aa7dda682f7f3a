// perturbation: a plugin of kind perturbations.
#include "core/experiment/resolver.hpp"

namespace tightrope {

Section perturbation_section() {
  return plugin_section("perturbation", 70, "One plugin, or none: what is added to the gradient with respect to X.",
                        "perturbations", &CellSpec::perturbation, true);
}

}  // namespace tightrope
