#include "step.hpp"

ENTRY_POINT {
  static Manifest manifest = manifest_of("no_maker");
  manifest.maker = []() -> std::unique_ptr<Maker> { return nullptr; };
  return &manifest;
}
