// One plugin of this build, made from YAML in surroundings that a test gives.
#pragma once

#include "core/plugin/catalog.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

template <class Interface>
std::shared_ptr<const Interface> made(const std::string& name, const std::string& yaml, const Context& context) {
  static const Catalog catalog({std::filesystem::path(TIGHTROPE_BUILD_DIR) / "plugins"});
  const auto library = catalog.find(Interface::kind, name);
  const auto maker = make_maker(*library);
  Parameters parameters;
  declare_parameters(*library, *maker, parameters);
  std::vector<Diagnostic> diagnostics;
  parameters.read(parse_yaml(yaml, "test.yaml"), name, {}, diagnostics);
  if (!diagnostics.empty()) throw ConfigError(std::move(diagnostics));
  return make_component<Interface>(*library, *maker, context);
}

}  // namespace tightrope
