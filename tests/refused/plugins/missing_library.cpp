#include "entry.hpp"

extern "C" const void* manifest_from_afar();

// It needs a library that is not where it is looked for.
ENTRY_POINT { return manifest_from_afar(); }
