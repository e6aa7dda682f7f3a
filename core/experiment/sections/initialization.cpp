// initialization: a plugin of kind initializations.
#include "core/experiment/resolver.hpp"

namespace tightrope {

Section initialization_section() {
  return plugin_section("initialization", 40, "One plugin: where the factors start.", "initializations",
                        &CellSpec::initialization);
}

}  // namespace tightrope
