// How far X is from X_h, the solution of A(X) = y that is nearest to the start in the Bregman divergence of the
// potential h, h″(x) = 1/ρ'(ρ⁻¹(x))², of the model X = ρ(Z): the limit of gradient flow, whatever loss measures the
// residual (Chou, Maly & Stöger, arXiv 2308.04921, 2023). A difference ρ(U) − ρ(V) is the sum of ρ(U) and ρ(−V), and
// the case of the operator [A, A]. Powers of 2 and more keep the signs of the start. X_h is found by Newton's method on
// the dual problem when the observer is made.
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
    const Vec x0 = arma::vectorise(X.dense());
    const Index n = x0.n_elem;
    Mat A = rows_of_operator(context);
    Vec z = x0;
    for (Real& entry : z) entry = rho.inverse(entry);
    if (start.size() == 2 && start[0].n_elem == n && start[1].n_elem == n) {
      z = arma::join_cols(arma::vectorise(start[0]), -arma::vectorise(start[1]));
      if (frobenius_norm(sum(rho, z, n) - x0) > 1e-12 * frobenius_norm(sum(rho, arma::abs(z), n)))
        throw Unsuitable("needs this ρ in a model ρ(U) − ρ(V), but here it is another");
      A = arma::join_rows(A, A);
    }
    Vec signs(z.n_elem, arma::fill::ones);
    if (rho.keeps_sign()) signs = arma::sign(z);
    if (arma::any(signs == 0))
      throw Unsuitable("needs a start without zeros for a power of 2 or more, for which they stay 0");
    A.each_row() %= signs.t();
    const Vec nearest = mirror_minimizer(rho, A, context.data(), z % signs);
    if (nearest.is_empty())
      throw Unsuitable("needs a solution of A(X) = y that the flow can reach from this start, but finds none");
    nearest_ = arma::reshape(Mat(sum(rho, nearest % signs, n)), context.shape.rows, context.shape.cols);
  }

  std::vector<Column> columns() const override {
    return {{"mirror_error", "‖X − X_h‖_F/‖X_h‖_F, X_h the solution nearest to the start as h measures", 70, true}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = difference_norm(seen.X, nearest_) / frobenius_norm(nearest_);
  }

 private:
  /// ρ of the first n entries and, if there are more, of the others.
  static Vec sum(const Reparametrization& rho, const Vec& z, Index n) {
    Vec x(n, arma::fill::zeros);
    for (Index i = 0; i < z.n_elem; ++i) x[i % n] += rho.value(z[i]);
    return x;
  }

  Mat nearest_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, MirrorMinimizer, "mirror_minimizer",
                 "distance to the solution that the implicit bias of X = ρ(Z) selects", "chou2023induce")
