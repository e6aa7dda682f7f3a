// Conjugate gradients on the manifold of matrices of rank k: X⁺ = H_k(X + μη), η = −ξ + β T(η₋), where ξ = P_T(G) is
// the projection of G = A*(∂ℓ) onto the tangent space at X, T(η₋) that of the last direction, and μ = −⟨ξ, η⟩/‖A(η)‖²
// minimises f along the tangent. Conjugate: ⟨A(η), A(T(η₋))⟩ = 0, β = ⟨A(ξ), A(T(η₋))⟩/‖A(T(η₋))‖² (Wei, Cai, Chan &
// Leung, SIAM J. Matrix Anal. Appl. 37, 2016), two forward maps; Polak-Ribière: β = max(0, ⟨ξ, ξ − T(ξ₋)⟩/‖ξ₋‖²)
// (Vandereycken, SIAM J. Optim. 23, 2013), one. Where η is no direction of descent, η = −ξ.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class RiemannianConjugateGradient final : public FixedRankMethod {
 public:
  struct Options {
    std::string rule = "conjugate";
    void declare(Parameters& p) {
      p.add("rule", rule, {"conjugate", "polak_ribiere"}, "how β is chosen: by two forward maps, or from gradients");
    }
  };
  RiemannianConjugateGradient(const Options& options, const Context& context)
      : FixedRankMethod(context), is_conjugate_(options.rule == "conjugate"), curvature_(constant_curvature(context)) {}

  std::vector<Column> columns() const override { return {{"beta", "β of this direction", 0, false}}; }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    const Svd X = svd_of(at, context);
    const Tangent xi = gradient_at(X, at, context);
    const Real square = dot(xi, xi);
    if (square == 0) return Move::end_of_run({EndClass::converged, "the Riemannian gradient is zero"});
    const LowRank pair = matrix_of(X, xi);
    Factors &last_eta = context.memory.factors("direction", {{pair.left, pair.right}}),
            &last_xi = context.memory.factors("gradient", {{pair.left, pair.right}});
    const Tangent carried = tangent_part(X, {last_eta[0], last_eta[1]});
    const bool is_first = dot(carried, carried) == 0;
    Real& last_square = context.memory.scalar("square", 0);
    Real beta = 0;
    Vec z, z_carried;  // A(−ξ), and A(T(η₋))
    if (is_conjugate_) {
      z = -measured(pair, context);
      z_carried = is_first ? Vec(z.n_elem) : measured(matrix_of(X, carried), context);
      if (!is_first) beta = -weighted(z, z_carried) / weighted(z_carried, z_carried);
    } else if (!is_first) {
      beta = std::max(0.0, (square - dot(xi, tangent_part(X, {last_xi[0], last_xi[1]}))) / last_square);
    }
    if (!std::isfinite(beta) || beta * dot(xi, carried) >= square) beta = 0;
    const Tangent eta = sum({beta * carried.middle, beta * carried.left, beta * carried.right}, -1, xi);
    const LowRank direction = matrix_of(X, eta);
    z = is_conjugate_ ? Vec(z + beta * z_carried) : measured(direction, context);
    Move move;
    const Real along = weighted(z, z);
    move.step = along > 0 ? -dot(xi, eta) / along : 0;
    move.columns = {beta};
    next = model_of(context).from_svd(retracted(X, move.step, eta));
    last_eta = {{direction.left, direction.right}};
    last_xi = {{pair.left, pair.right}};
    last_square = square;
    return move;
  }

 private:
  Real weighted(const Vec& a, const Vec& b) const { return arma::dot(curvature_ % a, b); }

  bool is_conjugate_;
  Vec curvature_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, RiemannianConjugateGradient, "riemannian_conjugate_gradient",
                 "conjugate gradients among matrices of the model's rank", "wei2016, vandereycken2013")
