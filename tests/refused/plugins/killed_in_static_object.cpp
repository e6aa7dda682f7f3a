#include <csignal>

#include "step.hpp"

static const struct Victim {
  Victim() { std::raise(SIGKILL); }
} victim;

TIGHTROPE_PLUGIN(StepSize, Sound, "killed_in_static_object", "dies when it is opened")
