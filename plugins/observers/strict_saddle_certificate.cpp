// Whether the truth is a local minimum of f = (1/m) Σ_i |⟨A_i, X(p)⟩ − y_i| with outliers (after Ma & Fattahi, Math.
// Oper. Res., 2025). Around the point of X*, surplus columns εD change f by ε² g(D) to second order,
//   g(D) = (1/m)(Σ_clean |⟨A_i, X(D)⟩| − Σ_outliers sign(y_i − ⟨A_i, X*⟩) ⟨A_i, X(D)⟩).
// The certificate is the largest −g(D) over ‖D‖_F = 1 that subgradient ascent with steps μ_0 q^t finds from a random D:
// where it is positive there is a descent direction of second order, and the truth is a strict saddle.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class StrictSaddleCertificate final : public Observer {
 public:
  struct Options {
    Index steps = 600;
    Real first_step = 0.5, factor = 0.998;
    void declare(Parameters& p) {
      p.add("steps", steps, at_least(1), "steps of the ascent, two products with the operator each");
      p.add("first_step", first_step, above(0), "μ_0; A_i of variance 1 are thought of");
      p.add("factor", factor, above_at_most(0, 1), "q");
    }
  };
  StrictSaddleCertificate(const Options& options, const Context& context) {
    Sensing& sensing = context.sensing();
    const FactorizationModel& model = context.model();
    Factors D = surplus(context), gradient;
    LowRank X = context.truth().X, gradient_of_X = X;
    Vec z, of_truth, sign(context.data().n_elem, arma::fill::zeros);
    sensing.forward(X, of_truth);
    if (context.known_outliers)
      for (const Index i : *context.known_outliers) sign[i] = context.data()[i] > of_truth[i] ? -1 : 1;
    const Vec residual = (context.data() - of_truth) % (1 - arma::abs(sign));
    if (frobenius_norm(residual) > 1e-9 * frobenius_norm(of_truth))
      throw Unsuitable("needs outliers alone as noise, but the other measurements are not exact, either");
    certificate_ = -std::numeric_limits<Real>::infinity();
    const auto m = static_cast<Real>(sign.n_elem);
    for (Index t = 0; t < options.steps; ++t) {
      scale(D, 1 / norm(D));
      model.expand(D, X);
      sensing.forward(X, z);
      const Vec u = sign + arma::sign(z) % (1 - arma::abs(sign));
      certificate_ = std::max(certificate_, -arma::dot(u, z) / m);
      sensing.adjoint_times(u / m, X.right, gradient_of_X.left);
      sensing.adjoint_transposed_times(u / m, X.left, gradient_of_X.right);
      model.pull_back(D, gradient_of_X, Blocks::all(), gradient);
      add_scaled(D, -options.first_step * std::pow(options.factor, static_cast<Real>(t)), gradient);
    }
  }

  std::vector<Column> columns() const override {
    return {{"certificate", "largest −g(D) found; positive: the truth is a strict saddle", 40, false}};
  }
  void observe(const Snapshot&, std::span<Real> values) const override { values[0] = certificate_; }

 private:
  /// A random point whose first r columns are zero.
  static Factors surplus(const Context& context) {
    const Index rank = context.truth().rank;
    if (context.model().rank() <= rank)
      throw Unsuitable("needs surplus columns, but the factorization rank is that of the truth");
    Factors D;
    for (const auto& [name, rows, cols] : context.model().blocks()) {
      D.blocks.push_back(context.stream.child(name).normal_matrix(rows, cols));
      if (cols > rank) D.blocks.back().head_cols(rank).zeros();
    }
    return D;
  }

  Real certificate_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, StrictSaddleCertificate, "strict_saddle_certificate",
                 "whether the truth is a strict saddle of the absolute loss", "ma2025")
