// The plugin TIGHTROPE_PLUGIN=<kind>/<name>, in the folder TIGHTROPE_PLUGINS or among those of this build, against
// everything that core/conformance/conformance.hpp asks of its kind. Its parameters are the examples of its own
// declaration, or those of the YAML in TIGHTROPE_SAMPLE.
#include <doctest/doctest.h>

#include <cstdlib>

#include "core/conformance/conformance.hpp"
#include "core/plugin/catalog.hpp"
#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

namespace {

std::string variable(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

}  // namespace

TEST_CASE("the plugin keeps the contract of its kind") {
  const std::string plugin = variable("TIGHTROPE_PLUGIN", "");
  const auto slash = plugin.find('/');
  REQUIRE_MESSAGE(slash != std::string::npos, "TIGHTROPE_PLUGIN is <kind>/<name>");
  const Catalog catalog({variable("TIGHTROPE_PLUGINS", TIGHTROPE_BUILD_DIR "/plugins")});
  const auto library = catalog.find(plugin.substr(0, slash), plugin.substr(slash + 1));
  for (const Answer& answer :
       check_conformance(*library, parse_yaml(variable("TIGHTROPE_SAMPLE", "{}"), "TIGHTROPE_SAMPLE")))
    for (const std::string& fault : answer.faults) FAIL_CHECK(answer.variant, ": ", answer.check, ": ", fault);
}
