// How far X is from X_h, the solution of A(X) = y that is nearest to the start in the Bregman divergence of the
// potential h, h″(x) = 1/ρ'(ρ⁻¹(x))², of the model X = ρ(Z): the limit of gradient flow, whatever loss measures the
// residual (Chou, Maly & Stöger, arXiv 2308.04921, 2023). A difference ρ(U) − ρ(V) is the case of the operator [A, −A].
// X_h is found by Newton's method on the dual problem when the observer is made.
#include "plugins/shared/entrywise.hpp"

namespace {

using namespace tightrope;

class MirrorMinimizer final : public Observer {
 public:
  using Options = Reparametrization;
  MirrorMinimizer(const Options& rho, const Context& context) {
    const Factors& start = context.start();
    LowRank X;
    context.model().expand(start, X);
    Mat A = rows_of_operator(context);
    const Index n = A.n_cols;
    Vec z = arma::vectorise(start[0]);
    bool fits = z.n_elem == n && start.size() <= 2;
    if (fits && start.size() == 2) {
      A = arma::join_rows(A, -A);
      z = arma::join_cols(z, arma::vectorise(start[1]));
      fits = z.n_elem == 2 * n;
    }
    if (!fits || arma::any(arma::abs(estimate(rho, z, n) - arma::vectorise(X.dense())) > 1e-12 * norm(X) + 1e-14))
      throw Unsuitable("needs the model ρ(Z) or ρ(U) − ρ(V) with this ρ, but has another");
    if (rho.keeps_sign() && arma::any(z <= 0))
      throw Unsuitable("needs a start of positive entries for a power of 2 or more, but this one has others");
    const Vec nearest = mirror_minimizer(rho, A, context.data(), z);
    if (nearest.is_empty()) throw Unsuitable("finds no solution of A(X) = y, so that nothing is nearest to the start");
    nearest_ = arma::reshape(Mat(estimate(rho, nearest, n)), context.shape.rows, context.shape.cols);
  }

  std::vector<Column> columns() const override {
    return {{"mirror_error", "‖X − X_h‖_F/‖X_h‖_F, X_h the solution nearest to the start as h measures", 70, true}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = difference_norm(seen.X, nearest_) / frobenius_norm(nearest_);
  }

 private:
  /// ρ of the first n entries, less ρ of the others, if there are any.
  static Vec estimate(const Reparametrization& rho, const Vec& z, Index n) {
    Vec x(n, arma::fill::zeros);
    for (Index i = 0; i < z.n_elem; ++i) x[i % n] += (i < n ? 1 : -1) * rho.value(z[i]);
    return x;
  }

  Mat nearest_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, MirrorMinimizer, "mirror_minimizer",
                 "distance to the solution that the implicit bias of X = ρ(Z) selects", "chou2023induce")
