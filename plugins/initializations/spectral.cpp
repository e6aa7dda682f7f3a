// Spectral start: the model's point for the leading singular triples of A*(y), found by randomized block power
// iteration (Halko, Martinsson & Tropp, SIAM Review 53, 2011) from products with thin matrices. For models of
// semidefinite matrices: for the largest positive eigenvalues of S = (A*(y) + A*(y)ᵀ)/2, which make the best
// semidefinite approximation of A*(y). Where there are fewer of these than columns, a column of zeros would never move,
// since the gradient of U ↦ f(UUᵀ) is a multiple of U: random directions of small norm take their place.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Spectral final : public Initialization {
 public:
  struct Options {
    Index power_iterations = 20, oversampling = 10;
    Real scale = 1, fill = 1e-3;
    void declare(Parameters& p) {
      p.add("power_iterations", power_iterations, between(0, 10000), "power iterations, of two products each");
      p.add("oversampling", oversampling, at_least(0), "columns of the random block beyond the factorization rank");
      p.add("scale", scale, above(0), "multiplies the singular values of A*(y)");
      p.add(
          "fill", fill, at_least(0),
          "semidefinite models: norm of the random columns in place of positive eigenvalues that are missing, relative "
          "to √‖S‖₂ with S = (A*(y) + A*(y)ᵀ)/2; at 0 such columns are zero and never move");
    }
  };
  Spectral(const Options& options, const Context& context) {
    Svd top = context.model().is_semidefinite() ? eigenpairs(options, context) : triples(options, context);
    top.values *= options.scale;
    point_ = context.model().from_svd(top);
  }

  Factors start() const override { return point_; }

 private:
  static Mat random_block(const Options& options, const Context& context) {
    const Shape shape = context.shape;
    const Index columns = std::min({context.model().rank() + options.oversampling, shape.rows, shape.cols});
    return context.stream.child("block").normal_matrix(shape.cols, columns);
  }

  static Svd triples(const Options& options, const Context& context) {
    Sensing& sensing = context.sensing();
    Mat Y, Z;
    sensing.adjoint_times(context.data(), random_block(options, context), Y);
    for (Index i = 0; i < options.power_iterations; ++i) {
      sensing.adjoint_transposed_times(context.data(), orthonormal_basis(Y), Z);
      sensing.adjoint_times(context.data(), orthonormal_basis(Z), Y);
    }
    const Mat Q = orthonormal_basis(Y);
    sensing.adjoint_transposed_times(context.data(), Q, Z);
    return truncated(svd(LowRank{Q, Z}), context.model().rank());
  }

  static Svd eigenpairs(const Options& options, const Context& context) {
    Sensing& sensing = context.sensing();
    const auto times = [&](const Mat& B, Mat& C) {
      Mat transposed;
      sensing.adjoint_times(context.data(), B, C);
      sensing.adjoint_transposed_times(context.data(), B, transposed);
      C = (C + transposed) / 2;
    };
    const Eigenpairs found =
        largest_eigenpairs(times, random_block(options, context), 2 * options.power_iterations + 2);
    const Index n = context.shape.rows, rank = std::min(context.model().rank(), n);
    const Real cut = static_cast<Real>(n) * std::numeric_limits<Real>::epsilon() * found.largest;
    Index positive = 0;
    while (positive < rank && found.values[positive] > cut) ++positive;
    Mat U = found.vectors.head_cols(positive);
    Vec values = found.values.head(positive);
    if (positive < rank) {
      const Real size = options.fill * options.fill * found.largest;
      context.warn("finds only " + std::to_string(positive) +
                   (positive == 1 ? " positive eigenvalue" : " positive eigenvalues") +
                   " of (A*(y) + A*(y)ᵀ)/2, but the " + "factorization rank is " + std::to_string(rank) +
                   (size > 0 ? "; the other columns start as small random ones"
                             : "; the other columns are zero and never move"));
      const Mat random = context.stream.child("fill").normal_matrix(n, rank - positive);
      U = orthonormal_basis(arma::join_rows(U, random));
      values.resize(rank);
      values.tail(rank - positive).fill(size);
    }
    return {U, values, U};
  }

  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, Spectral, "spectral", "leading singular vectors of A*(y)")
