// Heavy ball whose share β is declared, and stays 0.9 whatever a config says.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Unread final : public DirectionOptimizer {
 public:
  struct Options {
    Real beta = 0.9;
    std::string form = "plain";
    void declare(Parameters& p) {
      p.add("beta", beta, at_least_below(0, 1), "share of the last velocity that is kept");
      p.add("form", form, {"plain", "other"}, "of the update");
    }
  };
  Unread(const Options&, const Context&) {}
  void direction(const Iterate& at, Objective&, Memory& memory, Factors& direction) const override {
    Factors& velocity = memory.factors("velocity", at.gradient);
    scale(velocity, 0.9);
    add_scaled(velocity, -1, at.gradient);
    direction = velocity;
  }
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, Unread, "unread", "heavy ball with idle parameters, for tests")
