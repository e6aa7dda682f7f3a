// ‖X − X*‖_F/‖X* − X*_r‖_F: the error against that of the best approximation of rank r (Eckart & Young, Psychometrika
// 1, 1936), the yardstick for a truth that is not of low rank. A factorization of rank at most r cannot go below 1.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class EckartYoungRatio final : public Observer {
 public:
  struct Options {
    std::optional<Index> rank;
    void declare(Parameters& p) { p.add("rank", rank, at_least(1), "r; by default the factorization rank"); }
  };
  EckartYoungRatio(const Options& options, const Context& context) {
    const Vec& sigma = context.truth().svd.values;
    const Index rank = options.rank.value_or(context.model().rank());
    if (rank < sigma.n_elem) best_ = frobenius_norm(sigma.tail(sigma.n_elem - rank));
    if (!(best_ > 1e-14 * context.truth().norm))
      throw Unsuitable("compares with the best approximation of rank " + std::to_string(rank) +
                       ", but the truth has no larger rank");
  }

  std::vector<Column> columns() const override {
    return {{"eckart_young_ratio", "‖X − X*‖_F/‖X* − X*_r‖_F, 1 is the best possible", 60, true}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = distance(seen.X, *seen.truth) / best_;
  }

 private:
  Real best_ = 0;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, EckartYoungRatio, "eckart_young_ratio", "error relative to the best approximation of rank r",
                 "eckart1936")
