// Low-rank approximation of a diagonal matrix Σ = diag(λ), the population case of symmetric matrix sensing in the
// eigenbasis of its truth (Chen, Chen, Elmasri & Sun, UAI 2024):
//   f(X) = ¼‖Σ − X Xᵀ‖_F², ∇f(X) = (X Xᵀ − Σ) X, X: d × r,
// in O(d r²) operations, without any d × d matrix. λ are some leading values and a linear tail down to zero. With U the
// first r rows and J the others, the distance from the best approximation of rank r is
//   ‖X Xᵀ − Σ_r‖_F² = ‖U Uᵀ − Λ_r‖_F² + 2⟨UᵀU, JᵀJ⟩ + ‖JᵀJ‖_F², in which nothing cancels.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class SymmetricApproximation final : public Problem {
 public:
  struct Options {
    Index size = 0, rank = 0;
    std::vector<Real> leading;
    Real tail = 0;
    void declare(Parameters& p) {
      p.add("size", size, between(1, 100000000), "d, the number of rows of X").required().example("20");
      p.add("rank", rank, at_least(1), "r, the number of columns of X").required().example("2");
      p.add("leading", leading, at_least(0), "leading eigenvalues, in decreasing order, at least r of them")
          .required()
          .example("[1, 0.5]");
      p.add("tail", tail, at_least(0), "the other eigenvalues fall linearly from this one to 0");
    }
  };
  SymmetricApproximation(const Options& o, const Context&) : rank_(o.rank), lambda_(o.size, arma::fill::zeros) {
    const Index known = o.leading.size();
    if (known < rank_ || known > o.size)
      throw Unsuitable("needs at least as many leading eigenvalues as its rank, and at most as many as its size");
    lambda_.head(known) = Vec(o.leading);
    if (known < o.size) lambda_.tail(o.size - known) = arma::linspace(o.tail, 0, o.size - known);
    if (!arma::Col<Real>(-lambda_).is_sorted())
      throw Unsuitable("needs eigenvalues in decreasing order, and a tail that begins below the leading ones");
  }

  std::vector<Block> blocks() const override { return {{"X", lambda_.n_elem, rank_}}; }

  Real evaluate(const Factors& point, Rows, Blocks wanted, Factors* gradient) const override {
    const Mat &X = point[0], J = X.tail_rows(X.n_rows - rank_), gram = X.t() * X, tail = J.t() * J;
    if (gradient && wanted.has(0)) (*gradient)[0] = X * gram - X.each_col() % lambda_;
    const Vec rest = lambda_.tail(J.n_rows);
    const Real beyond =
        arma::dot(rest, rest) - 2 * arma::dot(rest, arma::sum(arma::square(J), 1)) + arma::dot(tail, tail);
    return (leading(X) + 2 * arma::dot(gram - tail, tail) + beyond) / 4;
  }

  std::vector<Column> columns() const override { return {{"best_rank_distance", "‖X Xᵀ − Σ_r‖_F", 100, true}}; }
  void observe(const Iterate& at, std::span<Real> values) const override {
    const Mat &X = at.point[0], U = X.head_rows(rank_), J = X.tail_rows(X.n_rows - rank_), tail = J.t() * J;
    const Real size = std::sqrt(leading(X) + 2 * arma::dot(U.t() * U, tail) + arma::dot(tail, tail));
    if (std::isfinite(size)) values[0] = size;
  }

 private:
  /// ‖U Uᵀ − Λ_r‖_F²
  Real leading(const Mat& X) const {
    const Mat U = X.head_rows(rank_), rest = U * U.t() - arma::diagmat(lambda_.head(rank_));
    return arma::dot(rest, rest);
  }

  Index rank_;
  Vec lambda_;
};

}  // namespace

TIGHTROPE_PLUGIN(Problem, SymmetricApproximation, "symmetric_approximation",
                 "low-rank approximation of a diagonal matrix, of any size")
