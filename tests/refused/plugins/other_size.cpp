#include "step.hpp"

ENTRY_POINT {
  static Manifest manifest = manifest_of("other_size");
  manifest.size = 4;
  return &manifest;
}
