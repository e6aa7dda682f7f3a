// Low-rank approximation of a diagonal matrix Σ = diag(λ), the population case of symmetric matrix sensing in the
// eigenbasis of its truth (Chen, Chen, Elmasri & Sun, UAI 2024):
//   f(X) = ¼‖Σ − X Xᵀ‖_F², ∇f(X) = (X Xᵀ − Σ) X, X: d × r,
// in O(d r²) operations, without any d × d matrix. λ falls linearly from λ_1 to λ_r and from λ_{r+1} to 0. With U the
// first r rows and J the others, the distance from the best approximation of rank r is
//   ‖X Xᵀ − Σ_r‖_F² = ‖U Uᵀ − Λ_r‖_F² + 2⟨UᵀU, JᵀJ⟩ + ‖JᵀJ‖_F², in which nothing cancels.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class SymmetricApproximation final : public Problem {
 public:
  struct Options {
    Index size = 0, rank = 0;
    Real largest = 1, smallest = 0.5, tail = 0.3;
    void declare(Parameters& p) {
      p.add("size", size, between(1, 100000000), "d, the number of rows of X").required().example("20");
      p.add("rank", rank, at_least(1), "r, the number of columns of X").required().example("2");
      p.add("largest", largest, above(0), "λ_1, from which the leading r eigenvalues fall linearly");
      p.add("smallest", smallest, above(0), "λ_r, down to which they fall");
      p.add("tail", tail, at_least(0), "λ_{r+1}, from which the others fall linearly to 0");
    }
  };
  SymmetricApproximation(const Options& o, const Context&) : rank_(o.rank) {
    if (rank_ >= o.size) throw Unsuitable("needs a rank below its size");
    if (o.largest < o.smallest || o.smallest < o.tail)
      throw Unsuitable("needs decreasing eigenvalues, but 'largest', 'smallest' and 'tail' are not in this order");
    const Vec leading = arma::reverse(arma::linspace(o.smallest, o.largest, rank_));  // of one value: the last
    lambda_ = arma::join_cols(leading, arma::linspace(o.tail, 0, o.size - rank_));
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
                 "low-rank approximation of a diagonal matrix, of any size", "chen2024")
