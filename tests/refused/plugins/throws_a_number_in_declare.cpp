#include "step.hpp"

namespace {

struct Throwing : Sound {
  struct Options {
    void declare(Parameters&) { throw 42; }
  };
  Throwing(const Options&, const Context& context) : Sound({}, context) {}
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Throwing, "throws_a_number_in_declare", "throws what is no std::exception")
