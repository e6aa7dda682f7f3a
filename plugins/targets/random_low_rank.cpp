// X* = U diag(σ) Vᵀ with random orthonormal U, V (of Gaussian matrices, or of signs) and a prescribed spectrum from 1
// to 1/κ; or symmetric, X* = U diag(λ) Uᵀ, where the values themselves may be negative eigenvalues: then V is U with
// some signs. Or U and V are the first unit vectors, and X* is diagonal. Or X* = [Re Z; Im Z] of a Hermitian
// Z = U diag(σ) Uᴴ with complex U, a matrix of 2n × n.
#include "plugins/shared/complex_pair.hpp"

namespace {

using namespace tightrope;

class RandomLowRank final : public Target {
 public:
  struct Options {
    Index rank = 0;
    Real condition = 1, scale = 1;
    std::string spectrum = "linear", vectors = "gaussian";
    std::vector<Real> values;
    bool symmetric = false, diagonal = false, hermitian = false;
    void declare(Parameters& p) {
      p.add("rank", rank, at_least(1), "rank r of X*").required().example("2");
      p.add("condition", condition, at_least(1), "condition number κ = σ_1/σ_r");
      p.add("spectrum", spectrum, {"linear", "geometric", "flat"},
            "how σ falls from 1 to 1/κ; flat: all 1 but the last");
      p.add(
          "values", values, any(),
          "the singular values themselves, instead of spectrum and condition; eigenvalues of either sign if symmetric");
      p.add("scale", scale, above(0), "multiplies the singular values");
      p.add("vectors", vectors, {"gaussian", "signs"},
            "what U and V are the left singular vectors of: a Gaussian matrix, or one of random signs, whose rows are "
            "more alike");
      p.add("symmetric", symmetric, "symmetric X*: V = U; positive semidefinite but for negative 'values'");
      p.add("hermitian", hermitian,
            "X* is a positive semidefinite Hermitian matrix, seen as [Re; Im] in a shape of 2n × n");
      p.add("diagonal", diagonal, "X* is diagonal, and nothing of it is random");
    }
  };
  RandomLowRank(const Options& options, const Context& context) : rank_(options.rank) {
    const Shape shape = context.shape;
    if (shape.entries() == 0) throw Unsuitable("needs to know the shape; add shape: [rows, columns] to the problem");
    if (rank_ > std::min(shape.rows, shape.cols))
      throw Unsuitable("has a rank that exceeds the smaller side of the matrix");
    if (options.symmetric && shape.rows != shape.cols) throw Unsuitable("is symmetric and needs a square shape");
    if (!options.values.empty() && options.values.size() != rank_)
      throw Unsuitable("needs as many 'values' as its rank");
    Vec sigma(rank_, arma::fill::ones);
    for (Index i = 0; i < rank_ && rank_ > 1; ++i) {
      const Real t = static_cast<Real>(i) / static_cast<Real>(rank_ - 1), last = 1 / options.condition;
      if (options.spectrum == "linear") sigma[i] = 1 + t * (last - 1);
      if (options.spectrum == "geometric") sigma[i] = std::pow(last, t);
      if (options.spectrum == "flat" && i + 1 == rank_) sigma[i] = last;
    }
    if (!options.values.empty()) sigma = Vec(options.values);
    if (arma::any(sigma == 0))
      throw Unsuitable("needs 'values' that are not zero, or its rank is smaller than it says");
    if (!options.symmetric && arma::any(sigma < 0))
      throw Unsuitable("has negative 'values', which only a symmetric matrix can have as eigenvalues");
    if (options.hermitian && (options.symmetric || options.diagonal)) throw Unsuitable("is Hermitian or real");
    if (options.hermitian) {
      X_ = hermitian(options.scale * sigma, context);
      rank_ = std::min(X_.rank(), shape.cols);  // the real one
      return;
    }
    const auto basis = [&](const char* side, Index size) -> Mat {
      if (options.diagonal) return arma::eye(size, rank_);
      const Mat N = context.stream.child(side).normal_matrix(size, rank_);
      return options.vectors == "signs" ? svd(Mat(arma::sign(N))).left : orthonormal_basis(N);
    };
    const Mat U = basis("left", shape.rows), V = options.symmetric ? U : basis("right", shape.cols);
    X_ = balanced({U, options.scale * arma::abs(sigma), V});
    X_.right.each_row() %= arma::sign(sigma).t();
  }

  LowRank matrix() const override { return X_; }
  Index rank() const override { return rank_; }

 private:
  static LowRank hermitian(const Vec& sigma, const Context& context) {
    const Index n = context.shape.cols, rank = sigma.n_elem;
    if (context.shape.rows != 2 * n) throw Unsuitable("is Hermitian and needs a shape of 2n × n");
    ComplexMat U, unused;
    arma::qr_econ(U, unused, from_side_by_side(context.stream.child("left").normal_matrix(n, 2 * rank)));
    const Mat half = half_of(U, sigma, rank);
    return {left_of_pair(half), half};
  }

  Index rank_;
  LowRank X_;
};

}  // namespace

TIGHTROPE_PLUGIN(Target, RandomLowRank, "random_low_rank", "random singular vectors, prescribed spectrum")
