#include <unistd.h>

#include "entry.hpp"

ENTRY_POINT {
  for (;;) pause();
}
