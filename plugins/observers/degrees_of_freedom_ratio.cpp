// Measurements for each degree of freedom: m/(r(n1 + n2 − r)), and m/(nr − r(r − 1)/2) for semidefinite X, of the
// truth's rank and of the factorization's. Below 1 no method can recover X* without knowing more of it.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class DegreesOfFreedomRatio final : public Observer {
 public:
  using Options = NoOptions;
  DegreesOfFreedomRatio(const Options&, const Context& context) {
    const auto [rows, cols] = context.shape;
    const auto m = static_cast<Real>(context.sensing().measurements());
    for (const Index rank : {context.truth().rank, std::min({context.model().rank(), rows, cols})})
      ratios_.push_back(m / static_cast<Real>(context.model().is_semidefinite() ? rows * rank - rank * (rank - 1) / 2
                                                                                : rank * (rows + cols - rank)));
  }

  std::vector<Column> columns() const override {
    return {{"freedom_ratio", "m over the degrees of freedom of rank r, that of the truth", 0, false},
            {"model_freedom_ratio", "m over the degrees of freedom of rank k, that of the factorization", 0, false}};
  }
  void observe(const Snapshot&, std::span<Real> values) const override {
    std::copy(ratios_.begin(), ratios_.end(), values.begin());
  }

 private:
  std::vector<Real> ratios_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, DegreesOfFreedomRatio, "degrees_of_freedom_ratio", "measurements for each degree of freedom")
