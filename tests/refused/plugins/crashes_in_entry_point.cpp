#include <csignal>

#include "entry.hpp"

ENTRY_POINT {
  std::raise(SIGSEGV);
  return nullptr;
}
