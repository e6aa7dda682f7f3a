// ‖X − X*‖_F/‖X*‖_F, computed without cancellation.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class RelativeError final : public Observer {
 public:
  using Options = NoOptions;
  RelativeError(const Options&, const Context& context) { context.truth(); }

  std::vector<Column> columns() const override { return {{"relative_error", "‖X − X*‖_F/‖X*‖_F", 100, true}}; }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = distance(seen.X, *seen.truth) / seen.truth->norm;
  }
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, RelativeError, "relative_error", "distance of X to the truth, relative to the truth")
