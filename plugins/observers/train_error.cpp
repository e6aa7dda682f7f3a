// ‖A(X) − y‖/‖y‖: how well the data are fitted, all of them or those that no noise has spoilt.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class TrainError final : public Observer {
 public:
  struct Options {
    std::string over = "all";
    void declare(Parameters& p) {
      p.add("over", over, {"all", "inliers"},
            "all measurements, or those alone that are no outliers, as the column inlier_error");
    }
  };
  TrainError(const Options& options, const Context& context)
      : all_(options.over == "all"), measurements_(context.data().n_elem) {
    norm_ = norm_over(context.data(), {0, measurements_}, context.known_outliers);
    if (norm_ == 0) throw Unsuitable("is relative to the data, but these are all zero");
  }

  std::vector<Column> columns() const override {
    if (all_) return {{"train_error", "‖A(X) − y‖/‖y‖", 50, true}};
    return {{"inlier_error", "‖A(X) − y‖/‖y‖ over the measurements that are no outliers", 49, true}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    // A minibatch is compared with its own data.
    const Rows rows{seen.iterate.rows.first, seen.data->n_elem};
    const Real norm = rows.count == measurements_ ? norm_ : norm_over(*seen.data, rows, seen.outliers);
    if (norm > 0) values[0] = norm_over(seen.prediction() - *seen.data, rows, seen.outliers) / norm;
  }

 private:
  Real norm_over(Vec z, Rows rows, const std::vector<Index>* outliers) const {
    if (!all_ && outliers)
      for (const Index i : *outliers)
        if (i >= rows.first && i < rows.end()) z[i - rows.first] = 0;
    return frobenius_norm(z);
  }

  bool all_;
  Real norm_;
  Index measurements_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, TrainError, "train_error", "distance of A(X) to the data, relative to the data")
