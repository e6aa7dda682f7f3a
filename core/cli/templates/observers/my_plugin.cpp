// The stable rank ‖X‖_F²/‖X‖₂² of the estimate: at most its rank, and little moved by small singular values. Put what
// you want to watch here, with its source.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public Observer {
 public:
  using Options = NoOptions;
  MyPlugin(const Options&, const Context&) {}

  // Columns of the trace: name, formula, place in the progress line (the highest first), whether on a logarithmic axis.
  std::vector<Column> columns() const override { return {{"my_plugin", "‖X‖_F²/‖X‖₂²", 30, false}}; }

  // A pure function of what is seen: seen.iterate, seen.X, seen.prediction, and seen.data and seen.truth if they are
  // known. A value that is not defined stays NaN, an empty field of the trace.
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const Vec sigma = singular_values(seen.X);
    if (sigma.n_elem > 0 && sigma[0] > 0) values[0] = arma::sum(arma::square(sigma / sigma[0]));
  }
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, MyPlugin, "my_plugin", "the stable rank of the estimate")
