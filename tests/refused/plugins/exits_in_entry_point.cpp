#include <cstdlib>

#include "entry.hpp"

ENTRY_POINT { std::exit(3); }  // as if it had been refused
