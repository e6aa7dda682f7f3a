// Matrix completion by iteratively reweighted least squares (MatrixIRLS, Kümmerle & Mayrink Verdun, ICML 2021): of all
// Z with A(Z) = y, the next one minimises Σ_ij Z̃_ij²/(max(σ_i, ε) max(σ_j, ε)), Z̃ = Ũᵀ Z Ṽ in all singular vectors of
// the last one, whose singular values are σ; then ε⁺ = min(ε, σ_{k+1}(Z)). This follows a minimum of Σ log max(σ_i, ε)
// + ½ (min(σ_i, ε)²/ε² − 1), a smooth surrogate of the rank, down to ε = 0. For ε = ∞ the first Z is A*(AA*)⁺y,
// whatever the start of the run; the run's point is the best approximation of Z of rank k. Of the σ_i above ε, 2k + 4
// are kept.
//
// Z = A*(r) + P γ, for entries a sparse matrix and one of low rank, is not formed: singular vectors come from thin
// products.
#include "plugins/shared/block_krylov.hpp"
#include "plugins/shared/reweighted_least_squares.hpp"

namespace {

using namespace tightrope;

class MatrixIrls final : public MatrixMethod {
 public:
  struct Options {
    Real tolerance = 1e-5;
    Index inner_iterations = 500, krylov_depth = 6;
    void declare(Parameters& p) {
      p.add("tolerance", tolerance, above_at_most(0, 1), "of the least squares: relative residual tolerance·ε/σ_1");
      p.add("inner_iterations", inner_iterations, at_least(1), "limit of their conjugate gradients, three passes each");
      p.add("krylov_depth", krylov_depth, between(1, 100), "powers of Z Zᵀ in the search for singular vectors");
    }
  };
  MatrixIrls(const Options& options, const Context& context)
      : MatrixMethod(context), options_(options), rank_(context.model().rank()), y_(context.data()), inverse_(context) {
    const Index least = std::min(context.shape.rows, context.shape.cols);
    if (!context.loss().is_of_residuals())
      throw Unsuitable("needs data that predictions should be equal to, but this loss takes them for labels");
    Vec off = y_ + 1, slope = off;
    context.loss().evaluate(0, {off.memptr(), off.n_elem}, {y_.memptr(), off.n_elem}, {slope.memptr(), off.n_elem});
    if (!arma::all(slope)) throw Unsuitable("needs all measurements, but some are held out");
    if (context.model().is_semidefinite() || rank_ >= least)
      throw Unsuitable("needs a model of all matrices of a rank below both sides, but this one is not");
    kept_ = std::min(2 * rank_ + 4, least);
    block_ = context.stream.child("block").normal_matrix(context.shape.cols, std::min(kept_ + 4, least));
  }

  std::vector<Column> columns() const override {
    return {{"inner_iterations", "products of conjugate gradients in this iteration", 0, false},
            {"epsilon", "the smoothing ε that this iteration leads to"},
            {"large_values", "singular values of Z that count as larger than ε", 0, false}};
  }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    require_all(at, context);
    if (norm(at.gradient) == 0) return Move::end_of_run({EndClass::converged, "the gradient is zero"});
    Sensing& sensing = *context.objective.sensing();
    const auto [rows, cols] = sensing.shape();
    Real& epsilon = context.memory.scalar("epsilon", -1);  // none yet
    Factors& last = context.memory.factors("last triples", {{Mat(rows, kept_), Mat(kept_, 1), Mat(cols, kept_)}});
    Index products = 0;
    LowRank part{arma::zeros<Mat>(rows, 1), arma::zeros<Mat>(cols, 1)};  // P γ
    Mat start = block_;
    if (epsilon >= 0) {
      const Index large = std::max<Index>(1, arma::accu(last[1] > epsilon));
      const Svd X = truncated({last[0], last[1], last[2]}, large);
      const Real tolerance = options_.tolerance * epsilon / X.values[0];
      const ReweightedLeastSquares problem(X, epsilon, inverse_, sensing);
      part = matrix_of(X, problem.solve(y_, tolerance, options_.inner_iterations, products));
      start.head_cols(kept_) = last[2];
    }
    const Vec r = inverse_.times(y_ - measured(part, context), sensing);
    const auto times = [&](const Mat& B, Mat& C) {
      sensing.adjoint_times(r, B, C);
      C += part.left * (part.right.t() * B);
    };
    const auto transposed_times = [&](const Mat& B, Mat& C) {
      sensing.adjoint_transposed_times(r, B, C);
      C += part.right * (part.left.t() * B);
    };
    const Svd Z = leading_triples(times, transposed_times, start, options_.krylov_depth, kept_);
    epsilon = epsilon < 0 ? Z.values[rank_] : std::min(epsilon, Z.values[rank_]);
    last = {{Z.left, Z.values, Z.right}};
    next = model_of(context).from_svd(truncated(Z, rank_));
    Move move;
    move.step = 1;
    move.columns = {static_cast<Real>(products), epsilon, static_cast<Real>(arma::accu(Z.values > epsilon))};
    return move;
  }

 private:
  Options options_;
  Index rank_, kept_ = 0;
  Vec y_;
  GramInverse inverse_;
  Mat block_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, MatrixIrls, "matrix_irls",
                 "reweighted least squares for a smooth surrogate of the rank (matrix completion)",
                 "kuemmerle2021, musco2015")
