#include "step.hpp"

static const struct Thrower {
  Thrower() { throw std::runtime_error("the moon is full"); }
} thrower;

TIGHTROPE_PLUGIN(StepSize, Sound, "throws_in_static_object", "throws before main has heard of it")
