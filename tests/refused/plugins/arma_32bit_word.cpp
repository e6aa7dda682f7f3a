#define ARMA_32BIT_WORD
#include "step.hpp"

TIGHTROPE_PLUGIN(StepSize, Sound, "arma_32bit_word", "indexes matrices with 32 bits")
