// A step size that ends its process, or never ends, at the tenth iteration; in which way is in its name.
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Hostile final : public StepSize {
 public:
  using Options = NoOptions;
  Hostile(const Options&, const Context&) {}
  Step choose(const Iterate& at, const Factors&, Objective&, Memory&) const override {
    if (at.iteration == 10) do_harm(HOSTILE_NAME);
    return 0.25;
  }

 private:
  static void do_harm(std::string_view how) {
    if (how == "segfault") raise(SIGSEGV);
    if (how == "abort") std::abort();
    if (how == "exit") std::_Exit(0);
    for (volatile bool forever = how == "loop"; forever;) continue;
    for (std::vector<std::string> all; how == "memory";) all.emplace_back(std::size_t{1} << 24, 'x');
  }
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Hostile, HOSTILE_NAME, "does harm at the tenth iteration, for tests")
