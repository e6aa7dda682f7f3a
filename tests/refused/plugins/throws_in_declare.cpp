#include "step.hpp"

namespace {

struct Throwing : Sound {
  struct Options {
    Real value = 0;
    void declare(Parameters& p) {
      p.add("value", value, above(0), "a number");
      p.add("value", value, above(0), "the same number again");
    }
  };
  Throwing(const Options&, const Context& context) : Sound({}, context) {}
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Throwing, "throws_in_declare", "declares a parameter twice")
