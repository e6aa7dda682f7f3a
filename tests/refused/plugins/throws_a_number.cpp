#include "step.hpp"

namespace {

struct Throwing : Sound {
  Throwing(const Options& options, const Context& context) : Sound(options, context) { throw 42; }
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Throwing, "throws_a_number", "throws what is no std::exception")
