#include "step.hpp"

ENTRY_POINT { return nullptr; }
