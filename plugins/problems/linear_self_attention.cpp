// A linear self-attention layer that learns regression in context (Zhang, Frei & Bartlett, JMLR 25(49), 2024). A prompt
// has N pairs x_i ~ N(0, Λ), y_i = ⟨w, x_i⟩, with a w ~ N(0, I) of its own, and a query x. From the paper's start only
// a number u and a matrix U ∈ R^{d×d} of the layer move, and it predicts
//   ŷ = u hᵀU x,  h = (1/N) Σ y_i x_i,
//   f(u, U) = ½E(ŷ − ⟨w, x⟩)² = ½u² tr(ΓΛ U Λ Uᵀ) − u tr(Λ²Uᵀ) + ½tr Λ,  Γ = (1 + 1/N)Λ + (tr Λ/N) I;
// with `prompts` not the expectation but the mean over as many of them, for minibatches too. Λ is diagonal. Gradient
// flow on the expectation goes to u_∞ = tr(Γ⁻²)^{1/4}, U_∞ = Γ⁻¹/u_∞ if σ²‖Γ‖√d < 2, with σ of the start u = σ, U =
// σΘΘᵀ, ‖ΘΘᵀ‖_F = 1. The risk E(ŷ − ⟨w, x⟩)² at prompts of M pairs is 2f with Γ_M, and with cΛ where their covariance
// is that.
#include "core/plugin/plugin.hpp"
#include "plugins/shared/in_context_regression.hpp"

namespace {

using namespace tightrope;

class LinearSelfAttention final : public Problem {
 public:
  struct Options {
    std::vector<Real> eigenvalues;
    std::vector<Index> lengths;
    Index length = 0, prompts = 0;
    Real scale = 0.1, covariate_scale = 1;
    void declare(Parameters& p) {
      p.add("eigenvalues", eigenvalues, above(0), "the diagonal of Λ").required().example("[1, 0.8, 0.6, 0.4, 0.2]");
      p.add("length", length, at_least(1), "N, pairs in a prompt").required().example("20");
      p.add("prompts", prompts, at_least(0), "prompts to learn from, as many samples; 0: the expectation");
      p.add("scale", scale, above(0), "σ of its own start");
      p.add("test_lengths", lengths, at_least(1), "lengths M at which the risk is recorded");
      p.add("covariate_scale", covariate_scale, above(0), "c, with which Λ is multiplied for these");
    }
  };
  LinearSelfAttention(const Options& options, const Context& context)
      : options_(options),
        lambda_(options.eigenvalues),
        gamma_(gamma_of(lambda_, Real(options.length))),
        limit_(arma::diagmat(1 / gamma_)),
        stream_(context.stream),
        prompts_(options.prompts, options.length, lambda_, stream_) {
    if (lambda_.is_empty()) throw Unsuitable("needs at least one eigenvalue");
  }

  std::vector<Block> blocks() const override { return {{"u", 1, 1}, {"U", lambda_.n_elem, lambda_.n_elem}}; }
  Index samples() const override { return options_.prompts; }
  Factors start() const override {
    return scalar_and_matrix(options_.scale, {lambda_.n_elem, lambda_.n_elem}, stream_.child("start"));
  }

  Real evaluate(const Factors& point, Rows rows, Blocks wanted, Factors* gradient) const override {
    const Mat &U = point[1], product = point[0](0, 0) * U;
    Mat of_product = (gamma_ % lambda_) * lambda_.t() % product - arma::diagmat(lambda_ % lambda_);  // ∂f/∂(uU)
    const Real value = options_.prompts == 0 ? prediction_risk(product, gamma_, lambda_) / 2
                                             : prompts_.half_squared_error(product, rows, of_product);
    if (gradient && wanted.has(0)) (*gradient)[0](0, 0) = arma::dot(of_product, U);
    if (gradient && wanted.has(1)) (*gradient)[1] = point[0](0, 0) * of_product;
    return value;
  }

  std::vector<Column> columns() const override {
    std::vector<Column> all = {{"u", "the number u", 0, false},
                               {"u_theory", "u_∞", 0, false, "u"},
                               {"product_error", "‖uU − Γ⁻¹‖_F/‖Γ⁻¹‖_F", 30, true}};
    for (const Index M : options_.lengths) {
      const std::string name = "risk_" + std::to_string(M);
      all.insert(all.end(), {{name, "E(ŷ − ⟨w, x⟩)² at such prompts", 0, false},
                             {name + "_theory", "of the limit", 0, false, name}});
    }
    return all;
  }
  void observe(const Iterate& at, std::span<Real> values) const override {
    const Mat product = at.point[0](0, 0) * at.point[1];
    values[0] = at.point[0](0, 0);
    values[1] = std::sqrt(frobenius_norm(limit_));
    values[2] = frobenius_norm(product - limit_) / frobenius_norm(limit_);
    const Vec covariances = options_.covariate_scale * lambda_;
    for (Index i = 0; i < options_.lengths.size(); ++i) {
      const Vec gamma = gamma_of(covariances, Real(options_.lengths[i]));
      values[3 + 2 * i] = prediction_risk(product, gamma, covariances);
      values[4 + 2 * i] = prediction_risk(limit_, gamma, covariances);
    }
  }

 private:
  Options options_;
  Vec lambda_, gamma_;
  Mat limit_;  // Γ⁻¹
  Stream stream_;
  Prompts prompts_;
};

}  // namespace

TIGHTROPE_PLUGIN(Problem, LinearSelfAttention, "linear_self_attention",
                 "a linear attention layer that learns regression", "zhang2024attention")
