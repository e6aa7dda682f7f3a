#include "step.hpp"

static const struct Leaver {
  Leaver() { std::exit(0); }
} leaver;

TIGHTROPE_PLUGIN(StepSize, Sound, "exits_in_static_object", "ends the process that opens it")
