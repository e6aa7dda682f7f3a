// Iterative hard thresholding: X⁺ = H_k(X − μG), G = A*(∂ℓ) and H_k the best approximation of rank k. Constant μ:
// singular value projection (Jain, Meka & Dhillon, NIPS 2010), μ = 1/(1 + δ) = 3/4 for the isometry constant δ = 1/3 of
// their theorem. Normalised: μ = ‖U Uᵀ G‖_F²/‖A(U Uᵀ G)‖², U the k left singular vectors of X, or of G if X = 0 (NIHT,
// Tanner & Wei, SIAM J. Sci. Comput. 35, 2013). G costs one more pass than value and gradient do, the normalised μ
// another one.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class SingularValueProjection final : public MatrixMethod {
 public:
  struct Options {
    std::string step_rule = "constant";
    Real step_size = 0.75;
    void declare(Parameters& p) {
      p.add("step_rule", step_rule, {"constant", "normalized"}, "μ = step_size, or what minimises f along U Uᵀ G");
      p.add("step_size", step_size, above(0), "constant step size μ");
    }
  };
  SingularValueProjection(const Options& options, const Context& context) : MatrixMethod(context), options_(options) {
    if (options.step_rule == "normalized") curvature_ = constant_curvature(context);
  }

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    const Mat G = gradient_of(at, context);
    if (frobenius_norm(G) == 0) return Move::end_of_run({EndClass::converged, "the gradient is zero"});
    Move move;
    move.step = options_.step_rule == "constant" ? options_.step_size : normalized(G, at, context);
    next = model_of(context).from_svd(svd(Mat(at.X.dense() - move.step * G)));
    return move;
  }

 private:
  Real normalized(const Mat& G, const Iterate& at, const StepContext& context) const {
    const Index k = model_of(context).rank();
    const Svd X = norm(at.X) > 0 ? svd_of(at, context) : truncated(svd(G), k);
    const Mat across = G.t() * X.left;  // U Uᵀ G = U (Gᵀ U)ᵀ
    const Vec z = measured({X.left, across}, context);
    const Real square = arma::dot(across, across), along = arma::dot(curvature_ % z, z);
    return along > 0 ? square / along : 0;
  }

  Options options_;
  Vec curvature_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, SingularValueProjection, "singular_value_projection",
                 "gradient step on X, cut off to the rank", "jain2010, tanner2013")
