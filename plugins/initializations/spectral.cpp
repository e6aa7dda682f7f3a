// Spectral start: the model's point for the leading singular triples of A*(y), found by randomized block power
// iteration (Halko, Martinsson & Tropp, SIAM Review 53, 2011) from products with thin matrices. For semidefinite
// models: for the largest positive eigenvalues of (A*(y) + A*(y)ᵀ)/2. If these are fewer than the columns, small random
// directions take their place: a zero column of U never moves, as the gradient of U ↦ f(UUᵀ) is a multiple of U.
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
    const auto [rows, cols] = context.shape;
    const Mat block = context.stream.child("block").normal_matrix(
        cols, std::min({context.model().rank() + options.oversampling, rows, cols}));
    Svd top =
        context.model().is_semidefinite() ? eigenpairs(options, context, block) : triples(options, context, block);
    top.values *= options.scale;
    point_ = context.model().from_svd(top);
  }

  Factors start() const override { return point_; }

 private:
  static Svd triples(const Options& options, const Context& context, const Mat& block) {
    Sensing& sensing = context.sensing();
    Mat Y, Z;
    sensing.adjoint_times(context.data(), block, Y);
    for (Index i = 0; i < options.power_iterations; ++i) {
      sensing.adjoint_transposed_times(context.data(), orthonormal_basis(Y), Z);
      sensing.adjoint_times(context.data(), orthonormal_basis(Z), Y);
    }
    const Mat Q = orthonormal_basis(Y);
    sensing.adjoint_transposed_times(context.data(), Q, Z);
    return truncated(svd(LowRank{Q, Z}), context.model().rank());
  }

  static Svd eigenpairs(const Options& options, const Context& context, const Mat& block) {
    const auto times = [&](const Mat& B, Mat& C) {
      Mat transposed;
      context.sensing().adjoint_times(context.data(), B, C);
      context.sensing().adjoint_transposed_times(context.data(), B, transposed);
      C = (C + transposed) / 2;
    };
    Eigenpairs found = largest_eigenpairs(times, block, 2 * options.power_iterations + 2);
    const Index n = context.shape.rows, rank = std::min(context.model().rank(), n);
    const Real errors = static_cast<Real>(n) * std::numeric_limits<Real>::epsilon() * found.largest;
    Index positive = 0;
    while (positive < rank && found.values[positive] > errors) ++positive;
    if (positive < rank) {
      context.warn("finds only " + std::to_string(positive) + " positive among the " + std::to_string(rank) +
                   " largest eigenvalues of (A*(y) + A*(y)ᵀ)/2; the other columns are " +
                   (options.fill > 0 ? "small and random" : "zero and never move"));
      const Mat random = context.stream.child("fill").normal_matrix(n, rank - positive);
      found.vectors = orthonormal_basis(arma::join_rows(found.vectors.head_cols(positive), random));
      found.values.subvec(positive, rank - 1).fill(options.fill * options.fill * found.largest);
    }
    return truncated({found.vectors, found.values, found.vectors}, rank);
  }

  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, Spectral, "spectral", "leading singular vectors of A*(y)")
