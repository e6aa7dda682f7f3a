// The facts of this build, one of them another.
#pragma once

#include <string>

#include "step.hpp"

inline std::string with_fact(const std::string& fact, const std::string& value) {
  std::string facts = TIGHTROPE_BUILD_FACTS;
  const std::size_t begin = facts.find(fact + "=") + fact.size() + 1;
  return facts.replace(begin, facts.find(';', begin) - begin, value);
}
