// ‖X‖₁ = Σ|x_ij| and its excess over Q, the least among the solutions of A(X) = y. Q is ‖X*‖₁, which is proven when the
// observer is made, by a dual certificate.
//
// The bound is for X = Z^{⊙L}, or a difference of two, from equal entries α, n of them: gradient flow minimises
// Σ x log(x/α) − x for L = 2, Σ α^{2/L−1}x − (L/2)x^{2/L} for L > 2, and the inequalities of Jensen and of Bernoulli
// give
//   log(n)/(log(Q/nα) − 1),   (L/2)c/(1 − c) with c = (nα/Q)^{1−2/L}
// (in the form of Chou, Maly & Rauhut, Inf. Inference 12(3), 2023); NaN where it says nothing.
#include "plugins/shared/entrywise.hpp"

namespace {

using namespace tightrope;

class L1Excess final : public Observer {
 public:
  struct Options {
    std::optional<Index> depth;
    void declare(Parameters& p) { p.add("depth", depth, at_least(2), "L of the model, for the bound"); }
  };
  L1Excess(const Options& options, const Context& context) : has_bound_(options.depth) {
    const Vec truth = arma::vectorise(context.truth().X.dense());
    least_ = arma::accu(arma::abs(truth));
    const Mat A = rows_of_operator(context);
    if (frobenius_norm(A * truth - context.data()) > 1e-10 * frobenius_norm(context.data()))
      throw Unsuitable("needs measurements without noise, but here A(X*) is not y");
    if (!has_l1_certificate(A, truth))
      throw Unsuitable(
          "needs an X* of least ‖X‖₁ among the solutions of A(X) = y, but finds no dual certificate of it");
    if (has_bound_) bound_ = bound(static_cast<Real>(*options.depth), context);
  }

  std::vector<Column> columns() const override {
    std::vector<Column> columns = {{"l1_norm", "Σ|x_ij|", 0, false},
                                   {"l1_excess", "|‖X‖₁ − Q|/Q, Q the least ‖X‖₁ of all solutions", 60, true}};
    if (has_bound_)
      columns.push_back({"l1_excess_bound", "what l1_excess is at most in the limit", 0, true, "l1_excess"});
    return columns;
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = arma::accu(arma::abs(seen.X.dense()));
    values[1] = std::abs(values[0] - least_) / least_;
    if (has_bound_) values[2] = bound_;
  }

 private:
  Real bound(Real L, const Context& context) const {
    const Factors& start = context.start();
    LowRank X;
    context.model().expand(start, X);
    const Real root = start[0][0], alpha = std::pow(root, L);
    Real n = 0, sum = 0;
    for (Index b = 0; b < start.size(); ++b) {
      n += static_cast<Real>(start[b].n_elem);
      sum += b == 0 ? alpha : -alpha;
      if (root <= 0 || start.size() > 2 || arma::any(arma::vectorise(start[b]) != root))
        throw Unsuitable("needs a start of equal positive entries for the bound, but this one is another");
    }
    if (arma::abs(X.dense() - sum).max() > 1e-12 * alpha)
      throw Unsuitable("needs the model Z^L or U^L − V^L with L = " + shortest(L) + " for the bound, but has another");
    const Real beta = n * alpha, c = std::pow(beta / least_, 1 - 2 / L), below = std::log(least_ / beta) - 1;
    if (L > 2) return c < 1 ? L / 2 * c / (1 - c) : std::nan("");
    return below > 0 ? std::log(n) / below : std::nan("");
  }

  bool has_bound_;
  Real least_ = 0, bound_ = std::nan("");
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, L1Excess, "l1_excess", "ℓ1 norm of X, and its excess over the least of all solutions",
                 "chou2023less, fuchs2004, lawson1961")
