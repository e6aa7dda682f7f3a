#define ARMA_MAT_PREALLOC 64
#include "step.hpp"

TIGHTROPE_PLUGIN(StepSize, Sound, "arma_mat_prealloc", "its matrices have another layout")
