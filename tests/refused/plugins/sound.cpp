// For the cases that spoil the file or the place where it lies.
#include "step.hpp"

TIGHTROPE_PLUGIN(StepSize, Sound, "sound", "a plugin to be copied and spoilt")
