// ‖A(X) − y‖/‖y‖: how well the data are fitted.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class TrainError final : public Observer {
 public:
  using Options = NoOptions;
  TrainError(const Options&, const Context& context) : data_norm_(frobenius_norm(context.data())), measurements_(context.data().n_elem) {
    if (data_norm_ == 0) throw Unsuitable("is relative to the data, but these are all zero");
  }

  std::vector<Column> columns() const override { return {{"train_error", "‖A(X) − y‖/‖y‖", 50, true}}; }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    // A minibatch is compared with its own data.
    const bool has_all = seen.data->n_elem == measurements_;
    values[0] = frobenius_norm(seen.prediction - *seen.data) / (has_all ? data_norm_ : frobenius_norm(*seen.data));
  }

 private:
  Real data_norm_;
  Index measurements_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, TrainError, "train_error", "distance of A(X) to the data, relative to the data")
