// Gradient descent on the manifold of matrices of rank k (Wei, Cai, Chan & Leung, SIAM J. Matrix Anal. Appl. 37, 2016):
// X⁺ = H_k(X − μξ), ξ = P_T(G) the projection of G = A*(∂ℓ) onto the tangent space at X and H_k the best approximation
// of rank k, from an SVD of size 2k. The exact step μ = ‖ξ‖_F²/‖A(ξ)‖² minimises f along the tangent and takes one
// forward map; ξ takes none, since the gradients of the factors hold all of it.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class RiemannianGradientDescent final : public FixedRankMethod {
 public:
  struct Options {
    std::optional<Real> step_size;
    void declare(Parameters& p) {
      p.add("step_size", step_size, above(0), "constant step size μ; the exact one if it is left out");
    }
  };
  RiemannianGradientDescent(const Options& options, const Context& context)
      : FixedRankMethod(context), step_size_(options.step_size) {
    if (!step_size_) curvature_ = constant_curvature(context);
  }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    const Svd X = svd_of(at, context);
    const Tangent xi = gradient_at(X, at, context);
    const Real square = dot(xi, xi);
    if (square == 0) return Move::end_of_run({EndClass::converged, "the Riemannian gradient is zero"});
    Move move;
    move.step = step_size_ ? *step_size_ : exact(square, measured(matrix_of(X, xi), context));
    next = model_of(context).from_svd(retracted(X, -move.step, xi));
    return move;
  }

 private:
  Real exact(Real square, const Vec& z) const {
    const Real along = arma::dot(curvature_ % z, z);
    return along > 0 ? square / along : 0;
  }

  std::optional<Real> step_size_;
  Vec curvature_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, RiemannianGradientDescent, "riemannian_gradient_descent",
                 "steepest descent among matrices of the model's rank", "wei2016")
