#include <cstdlib>

#include "entry.hpp"

ENTRY_POINT { std::exit(0); }
