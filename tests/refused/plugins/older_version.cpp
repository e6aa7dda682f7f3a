#include "step.hpp"

ENTRY_POINT {
  static Manifest manifest = manifest_of("older_version");
  manifest.version = manifest_version - 1;
  return &manifest;
}
