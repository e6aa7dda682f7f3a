#include "other_facts.hpp"

// As a library with _GLIBCXX_DEBUG would have it, and with a standard of its own.
ENTRY_POINT {
  static const std::string facts = [] {
    const std::string ours = with_fact("library", "cxx11abi 1 debug");
    const std::size_t begin = ours.find("standard=") + 9;
    return std::string(ours).replace(begin, ours.find(';', begin) - begin, "202302L");
  }();
  static Manifest manifest = manifest_of("debug_containers");
  manifest.build_facts = facts.c_str();
  return &manifest;
}
