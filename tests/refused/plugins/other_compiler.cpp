#include "other_facts.hpp"

ENTRY_POINT {
  static const std::string facts = with_fact("compiler", "gcc 99");
  static Manifest manifest = manifest_of("other_compiler");
  manifest.build_facts = facts.c_str();
  return &manifest;
}
