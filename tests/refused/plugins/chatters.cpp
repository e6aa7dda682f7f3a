#include <cstdio>

#include "step.hpp"

static const struct Chatterer {
  Chatterer() {
    for (int i = 0; i < 5000; ++i) std::fputs("[tightrope-probe] refused, or so it says\n", stderr);
  }
} chatterer;

TIGHTROPE_PLUGIN(StepSize, Sound, "chatters", "is sound, but talks while it is opened")
