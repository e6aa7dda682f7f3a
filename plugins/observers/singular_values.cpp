// The largest singular values of X, in columns sigma_1, sigma_2, …
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class SingularValues final : public Observer {
 public:
  struct Options {
    Index count = 5;
    void declare(Parameters& p) { p.add("count", count, between(1, 1000), "how many of them"); }
  };
  SingularValues(const Options& options, const Context& context)
      : count_(std::min({options.count, context.shape.rows, context.shape.cols})) {
    context.model();  // a problem that is not sensing has no X
  }

  std::vector<Column> columns() const override {
    std::vector<Column> columns;
    for (Index i = 1; i <= count_; ++i)
      columns.push_back({"sigma_" + std::to_string(i), "singular value " + std::to_string(i) + " of X", 0, true});
    return columns;
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const Vec sigma = singular_values(seen.X);
    for (Index i = 0; i < count_; ++i) values[i] = i < sigma.n_elem ? sigma[i] : 0;
  }

 private:
  Index count_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, SingularValues, "singular_values", "the largest singular values of X: sigma_1, sigma_2, …")
