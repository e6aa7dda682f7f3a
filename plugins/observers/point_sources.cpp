// How well a lift Z tells the signal and its frequencies (Li, Cui & Zhang, IEEE TSP 72, 2024): the error of X = D⁻¹𝒢*Z,
// the averages over block anti-diagonals, and the frequencies by the rotation invariance of the row space (ESPRIT: Roy
// & Kailath, IEEE TASSP 37, 1989): if V spans a₂(f_1), …, a₂(f_r), then V without its last points, times Ψ, is V
// without its first, and Ψ has the eigenvalues e^{−2πi f_k}; on a plane there is one Ψ for each direction, with the
// same eigenvectors.
#include "plugins/shared/block_hankel.hpp"

namespace {

using namespace tightrope;

class PointSources final : public Observer {
 public:
  using Options = HankelOptions;
  PointSources(const Options& options, const Context& context) : lift_(options.lift(context.shape)) {
    const Truth& truth = context.truth();
    rank_ = truth.rank / 2;
    if (rank_ == 0) throw Unsuitable("needs a complex target");
    signal_ = signal(truth.X);
    frequencies_ = lift_.frequencies(complex_svd(truth.X, rank_).V);
  }

  std::vector<Column> columns() const override {
    return {{"signal_error", "‖X − X*‖_F/‖X*‖_F of the signal", 50, true},
            {"frequency_error", "largest distance of a true frequency to the nearest found one, around the circle", 0,
             true}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = std::sqrt(arma::accu(arma::square(arma::abs(signal(seen.X) - signal_))) /
                          arma::accu(arma::square(arma::abs(signal_))));
    const ComplexSvd Z = complex_svd(seen.X, rank_);
    if (Z.sigma.n_elem < rank_ || Z.sigma.back() < 1e-14 * Z.sigma[0]) return;
    const Mat found = lift_.frequencies(Z.V);
    values[1] = 0;
    for (Index k = 0; k < frequencies_.n_cols; ++k) {
      Real nearest = 1;
      for (Index j = 0; j < found.n_cols; ++j)
        nearest = std::min(nearest, wrapped_distance(frequencies_.col(k), found.col(j)));
      values[1] = std::max(values[1], nearest);
    }
  }

 private:
  ComplexMat signal(const LowRank& X) const {
    ComplexMat all = lift_.adjoint(from_stacked(X.left), as_complex(X.right));
    for (Index t = 0; t < all.n_cols; ++t) all.col(t) /= lift_.root_weights()[t];
    return all;
  }

  BlockHankel lift_;
  Index rank_ = 0;
  ComplexMat signal_;
  Mat frequencies_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, PointSources, "point_sources", "error of a super-resolved signal and of its frequencies",
                 "li2024, roy1989")
