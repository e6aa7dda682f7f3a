// ‖∇f(p)‖_F over all blocks of the factors. It vanishes at saddles, too, and a small start is next to one: as a stop
// rule it needs a threshold well below its first value.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class GradientNorm final : public Observer {
 public:
  using Options = NoOptions;
  GradientNorm(const Options&, const Context&) {}

  std::vector<Column> columns() const override { return {{"gradient_norm", "‖∇f‖_F over all factors", 20, true}}; }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    if (seen.iterate.known.covers(seen.iterate.point.size())) values[0] = norm(seen.iterate.gradient);
  }
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, GradientNorm, "gradient_norm", "norm of the gradient over all factors")
