#include "other_facts.hpp"

ENTRY_POINT {
  static const std::string facts = with_fact("sanitizer", "memory");
  static Manifest manifest = manifest_of("other_sanitizer");
  manifest.build_facts = facts.c_str();
  return &manifest;
}
