// ‖X − X*_r‖_F/‖X*_r‖_F: the error against the best approximation of the truth of rank r (Eckart & Young, Psychometrika
// 1, 1936), as in Chen, Chen, Elmasri & Sun (UAI 2024). For semidefinite models the best one among positive
// semidefinite matrices, which is made of the largest positive eigenvalues. Without cancellation.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class BestRankError final : public Observer {
 public:
  struct Options {
    std::optional<Index> rank;
    void declare(Parameters& p) { p.add("rank", rank, at_least(1), "r; by default the factorization rank"); }
  };
  BestRankError(const Options& options, const Context& context) {
    const Index rank = options.rank.value_or(context.model().rank());
    const Truth& truth = context.truth();
    best_ = balanced(context.model().is_semidefinite() ? positive_part(truth.X, rank) : truncated(truth.svd, rank));
    norm_ = norm(best_);
    if (!(norm_ > 0)) throw Unsuitable("needs a truth with positive eigenvalues, but this one has none");
  }

  std::vector<Column> columns() const override { return {{"best_rank_error", "‖X − X*_r‖_F/‖X*_r‖_F", 60, true}}; }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = difference_norm(seen.X, best_) / norm_;
  }

 private:
  LowRank best_;
  Real norm_ = 0;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, BestRankError, "best_rank_error",
                 "error against the best approximation of the truth of rank r", "eckart1936, chen2024")
