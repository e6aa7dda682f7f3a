#include "step.hpp"

ENTRY_POINT {
  static Manifest manifest = manifest_of("other_magic");
  manifest.magic = 0;
  return &manifest;
}
