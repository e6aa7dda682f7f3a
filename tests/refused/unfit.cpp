// Classes that are no plugins, each for a reason of its own. This file must not compile; unfit.py reads what the
// compiler says.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class AnotherBase final : public StepSize {
 public:
  using Options = NoOptions;
  AnotherBase(const Options&, const Context&) {}
  Step choose(const Iterate&, const Factors&, Objective&, Memory&) const override { return 1; }
};

class WithoutOptions final : public StepSize {
 public:
  WithoutOptions(const NoOptions&, const Context&) {}
  Step choose(const Iterate&, const Factors&, Objective&, Memory&) const override { return 1; }
};

class WithoutFunctions final : public Observer {
 public:
  using Options = NoOptions;
  WithoutFunctions(const Options&, const Context&) {}
  std::vector<Column> columns() const override { return {}; }
};

class OtherConstructor final : public StepSize {
 public:
  struct Options {
    void declare(Parameters&) {}
  };
  explicit OtherConstructor(const Options&) {}
  Step choose(const Iterate&, const Factors&, Objective&, Memory&) const override { return 1; }
};

}  // namespace

#define tightrope_plugin another_base
TIGHTROPE_PLUGIN(Optimizer, AnotherBase, "a", "of another kind")
#undef tightrope_plugin
#define tightrope_plugin without_options
TIGHTROPE_PLUGIN(StepSize, WithoutOptions, "b", "has no options")
#undef tightrope_plugin
#define tightrope_plugin without_functions
TIGHTROPE_PLUGIN(Observer, WithoutFunctions, "c", "lacks a function")
#undef tightrope_plugin
#define tightrope_plugin other_constructor
TIGHTROPE_PLUGIN(StepSize, OtherConstructor, "d", "cannot be made")
