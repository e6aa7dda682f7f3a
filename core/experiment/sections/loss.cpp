// loss: a plugin of kind losses.
#include "core/experiment/resolver.hpp"

namespace tightrope {

Section loss_section() {
  return plugin_section("loss", 50, "One plugin: how far measurements are off.", "losses", &CellSpec::loss, true);
}

}  // namespace tightrope
