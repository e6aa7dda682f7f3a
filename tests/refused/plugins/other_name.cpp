#include "step.hpp"

TIGHTROPE_PLUGIN(StepSize, Sound, "its_true_name", "a plugin whose file has another name")
