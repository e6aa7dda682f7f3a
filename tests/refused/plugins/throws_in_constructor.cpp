#include "step.hpp"

namespace {

struct Throwing : Sound {
  Throwing(const Options& options, const Context& context) : Sound(options, context) {
    throw std::runtime_error("the moon is full");
  }
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Throwing, "throws_in_constructor", "throws a std::exception")
