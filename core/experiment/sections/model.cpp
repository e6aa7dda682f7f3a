// model: a plugin of kind models.
#include "core/experiment/resolver.hpp"

namespace tightrope {

Section model_section() {
  return plugin_section("model", 30, "One plugin: how the matrix is made of factors.", "models", &CellSpec::model,
                        true);
}

}  // namespace tightrope
