// Methods on X itself, for which the factors are no more than a way to hold it.
#pragma once

#include "core/interfaces/factorization_model.hpp"
#include "core/interfaces/loss.hpp"
#include "core/interfaces/optimizer.hpp"
#include "core/numbers/fixed_rank.hpp"
#include "core/numbers/gram.hpp"

namespace tightrope {

/// What methods share that move X = L Rᵀ and ask a model for nothing but a point that stands for the next X. They see
/// all measurements, and refuse batches.
class MatrixMethod : public Optimizer {
 protected:
  explicit MatrixMethod(const Context& context) {
    context.sensing();
    const FactorizationModel& model = context.model();
    if (model.has_penalty())
      throw Unsuitable("needs a model without a penalty, but this one has one, and the method moves X alone");
  }

  static const FactorizationModel& model_of(const StepContext& context) { return context.objective.sensing()->model(); }
  /// The SVD of X, with as many triples as the model has columns.
  static Svd svd_of(const Iterate& at, const StepContext& context) {
    return truncated(svd(at.X), model_of(context).rank());
  }
  /// G = A*(s), s the slope at the prediction: one pass.
  static Mat gradient_of(const Iterate& at, const StepContext& context) {
    require_all(at, context);
    Sensing& sensing = *context.objective.sensing();
    Vec s;
    Mat G;
    sensing.slope(sensing.prediction(at), s);
    sensing.adjoint_times(s, arma::eye(sensing.shape().cols, sensing.shape().cols), G);
    return G;
  }
  static void require_all(const Iterate& at, const StepContext& context) {
    if (at.rows.count < context.objective.sensing()->measurements())
      throw Unsuitable("needs all measurements at every iteration, but is shown a batch of them");
  }

  /// A quadratic loss has the same ℓ″ everywhere; it is asked for by methods with exact steps.
  static Vec constant_curvature(const Context& context) {
    const Vec &y = context.data(), far = 1e3 * (1 + arma::abs(y)), elsewhere = y + far;
    Vec here(y.n_elem), there(y.n_elem);
    context.loss().curvature(0, {y.memptr(), y.n_elem}, {y.memptr(), y.n_elem}, {here.memptr(), y.n_elem});
    context.loss().curvature(0, {elsewhere.memptr(), y.n_elem}, {y.memptr(), y.n_elem}, {there.memptr(), y.n_elem});
    if (frobenius_norm(there - here) > 1e-12 * frobenius_norm(here))
      throw Unsuitable(
          "needs a quadratic loss, whose minimum along a line is known, but the curvature of this one varies");
    return here;
  }
  /// A(D): one forward map.
  static Vec measured(const LowRank& D, const StepContext& context) {
    Vec z;
    context.objective.sensing()->forward(D, z);
    return z;
  }
};

/// Methods on the manifold of matrices of the model's rank. The gradient with respect to the factors has G R and Gᵀ L
/// in it, which is all of G that its projection onto the tangent space needs: no further use of the operator.
class FixedRankMethod : public MatrixMethod {
 protected:
  explicit FixedRankMethod(const Context& context) : MatrixMethod(context) {
    const Factors point = context.model().random_point(context.stream);
    LowRank X;
    context.model().expand(point, X);
    const LowRank sides{X.left + 1, X.right - 1};
    Factors gradient;
    context.model().pull_back(point, sides, Blocks::all(), gradient);
    const auto are_equal = [](const Mat& a, const Mat& b) {
      return arma::size(a) == arma::size(b) && std::equal(a.begin(), a.end(), b.begin());
    };
    is_symmetric_ = gradient.size() == 1 && arma::size(sides.left) == arma::size(sides.right) &&
                    are_equal(gradient[0], sides.left + sides.right);
    if (!is_symmetric_ &&
        !(gradient.size() == 2 && are_equal(gradient[0], sides.left) && are_equal(gradient[1], sides.right)))
      throw Unsuitable("needs a model whose gradient is {G W, GᵀV} or (G + Gᵀ)U, but this one has another");
  }

  /// The projection of G onto the tangent space at X; of (G + Gᵀ)/2, where every X(p) is symmetric.
  Tangent gradient_at(const Svd& X, const Iterate& at, const StepContext& context) const {
    require_all(at, context);
    const Mat left = is_symmetric_ ? Mat(at.gradient[0] / 2) : at.gradient[0],
              right = is_symmetric_ ? left : at.gradient[1];
    return tangent_part(X, gram_solve(at.X.right, 0, left) * (at.X.right.t() * X.right),
                        gram_solve(at.X.left, 0, right) * (at.X.left.t() * X.left));
  }

 private:
  bool is_symmetric_ = false;
};

}  // namespace tightrope
