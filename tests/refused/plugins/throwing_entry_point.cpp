#include "step.hpp"

ENTRY_POINT { throw 42; }
