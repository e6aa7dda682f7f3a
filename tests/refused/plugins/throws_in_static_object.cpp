#include "step.hpp"

static void look_up() { throw std::runtime_error("the moon is full"); }

// noexcept, so that it dies here: dlopen is declared not to throw, and whether an exception gets past it all the same
// depends on how its caller was compiled.
static const struct Thrower {
  Thrower() noexcept { look_up(); }
} thrower;

TIGHTROPE_PLUGIN(StepSize, Sound, "throws_in_static_object", "throws before main has heard of it")
