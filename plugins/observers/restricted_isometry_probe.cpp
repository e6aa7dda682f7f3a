// How well A keeps norms, seen at random matrices X = L Rᵀ of rank r, L and R normal, and at the current error X − X*:
// |‖A(X)‖²/‖X‖_F² − 1|, whose supremum over all X of rank r is the restricted isometry constant (Recht, Fazel &
// Parrilo, SIAM Review 52, 2010), and ‖A(X)‖₁/‖X‖_F of the mixed-norm property (Tong, Ma & Chi, IEEE Trans. Signal
// Process. 69, 2021), whose mean for normal A_i of variance s² is √(2/π) m s. What is probed is a lower bound of such
// constants.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class RestrictedIsometryProbe final : public Observer {
 public:
  struct Options {
    std::optional<Index> rank;
    Index trials = 10;
    void declare(Parameters& p) {
      p.add("rank", rank, at_least(1), "r; by default twice the truth's, that of differences");
      p.add("trials", trials, between(1, 10000), "random matrices, each a product with the operator");
    }
  };
  RestrictedIsometryProbe(const Options& options, const Context& context) {
    const auto [rows, cols] = context.shape;
    const Index rank = std::min({options.rank.value_or(2 * context.truth().rank), rows, cols});
    Vec z;
    for (Index i = 0; i < options.trials; ++i) {
      const Stream stream = context.stream.child(std::to_string(i));
      const LowRank X{stream.child("L").normal_matrix(rows, rank), stream.child("R").normal_matrix(cols, rank)};
      context.sensing().forward(X, z);
      add(z, norm(X), random_);
    }
    context.sensing().forward(context.truth().X, of_truth_);
  }

  std::vector<Column> columns() const override {
    return {{"isometry_deviation", "largest |‖A(X)‖²/‖X‖_F² − 1| of random matrices and the error", 0, true},
            {"error_isometry_deviation", "|‖A(X)‖²/‖X‖_F² − 1| of the error X − X*", 0, true},
            {"mixed_norm_smallest", "smallest ‖A(X)‖₁/‖X‖_F of random matrices and the error", 0, false},
            {"mixed_norm_largest", "largest ‖A(X)‖₁/‖X‖_F of random matrices and the error", 0, false}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    Extremes all = random_, error;
    const Real size = distance(seen.X, *seen.truth);
    // Below that A(X) − A(X*) is rounding.
    if (seen.prediction.n_elem == of_truth_.n_elem && size > 1e-12 * seen.truth->norm) {
      add(seen.prediction - of_truth_, size, all);
      add(seen.prediction - of_truth_, size, error);
    }
    values[0] = all.deviation;
    values[1] = error.smallest <= error.largest ? error.deviation : std::nan("");
    values[2] = all.smallest;
    values[3] = all.largest;
  }

 private:
  struct Extremes {
    Real deviation = 0, smallest = std::numeric_limits<Real>::infinity(), largest = 0;
  };
  static void add(const Vec& z, Real size, Extremes& extremes) {
    const Real square = arma::dot(z, z) / (size * size), mixed = arma::accu(arma::abs(z)) / size;
    extremes.deviation = std::max(extremes.deviation, std::abs(square - 1));
    extremes.smallest = std::min(extremes.smallest, mixed);
    extremes.largest = std::max(extremes.largest, mixed);
  }

  Extremes random_;
  Vec of_truth_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, RestrictedIsometryProbe, "restricted_isometry_probe", "how well the operator keeps norms",
                 "recht2010, tong2021robust")
