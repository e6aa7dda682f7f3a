// X* = U diag(σ) Vᵀ with random orthonormal U, V (of Gaussian matrices) and a prescribed spectrum from 1 to 1/κ; or
// symmetric, X* = U diag(λ) Uᵀ, where the values themselves may be negative eigenvalues: then V is U with some signs.
// Or U and V are the first unit vectors, and X* is diagonal.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class RandomLowRank final : public Target {
 public:
  struct Options {
    Index rank = 0;
    Real condition = 1, scale = 1;
    std::string spectrum = "linear";
    std::vector<Real> values;
    bool symmetric = false, diagonal = false;
    void declare(Parameters& p) {
      p.add("rank", rank, at_least(1), "rank r of X*").required().example("2");
      p.add("condition", condition, at_least(1), "condition number κ = σ_1/σ_r");
      p.add("spectrum", spectrum, {"linear", "geometric", "flat"},
            "how σ falls from 1 to 1/κ; flat: all 1 but the last");
      p.add(
          "values", values, any(),
          "the singular values themselves, instead of spectrum and condition; eigenvalues of either sign if symmetric");
      p.add("scale", scale, above(0), "multiplies the singular values");
      p.add("symmetric", symmetric, "symmetric X*: V = U; positive semidefinite but for negative 'values'");
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
    const auto basis = [&](const char* side, Index size) -> Mat {
      if (options.diagonal) return arma::eye(size, rank_);
      return orthonormal_basis(context.stream.child(side).normal_matrix(size, rank_));
    };
    const Mat U = basis("left", shape.rows), V = options.symmetric ? U : basis("right", shape.cols);
    X_ = balanced({U, options.scale * arma::abs(sigma), V});
    X_.right.each_row() %= arma::sign(sigma).t();
  }

  LowRank matrix() const override { return X_; }
  Index rank() const override { return rank_; }

 private:
  Index rank_;
  LowRank X_;
};

}  // namespace

TIGHTROPE_PLUGIN(Target, RandomLowRank, "random_low_rank", "random singular vectors, prescribed spectrum")
