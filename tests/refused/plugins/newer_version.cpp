#include "step.hpp"

ENTRY_POINT {
  static Manifest manifest = manifest_of("newer_version");
  manifest.version = manifest_version + 1;
  return &manifest;
}
