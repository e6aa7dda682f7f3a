// The weighted least squares problems of reweighted completion, in coordinates of a tangent space.
#pragma once

#include <functional>

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// Which Z with A(Z) = y has the smallest Σ_ij Z̃_ij²/(max(σ_i, ε) max(σ_j, ε)), where Z̃ = Ũᵀ Z Ṽ in all singular
/// vectors of a matrix whose k largest triples are U Σ Vᵀ, and whose others count as ε or less (Kümmerle & Mayrink
/// Verdun, ICML 2021, appendix)? For A A* = c I it is Z = A*(r)/c + P γ, r = y − A(P γ), with the inclusion P of the
/// tangent space at U Σ Vᵀ, S = σ_iσ_j − ε² (middle) or σ_iε − ε² (sides) there, and (c ε² S⁻¹ + P*A*A P) γ = P*A*(y).
///
/// Here γ = √T η, T = S/(S + c ε²), which makes the matrix I + √T (P*A*A P − I) √T: T may vanish, and conjugate
/// gradients need few products. Tangent vectors are kept as Factors: M (k × k), U_p (n1 × k), V_p (n2 × k).
class ReweightedLeastSquares {
 public:
  ReweightedLeastSquares(const Svd& X, Real epsilon, Real square, Sensing& sensing)
      : X_(X), sensing_(sensing), middle_(X.values * X.values.t()), side_(epsilon * X.values.t()) {
    const auto share = [=](Real product) {
      const Real S = product - epsilon * epsilon;
      return S > 0 ? S / (S + square * epsilon * epsilon) : 0;
    };
    middle_.transform(share);
    side_.transform(share);
  }

  /// γ to ‖residual of η‖ ≤ tolerance·‖Σ‖_F, from γ = T ∘ Σ, which is right where Z stays U Σ Vᵀ.
  Tangent solve(const Vec& y, Real tolerance, Index most, Memory& memory, Index& products) const {
    Factors eta{{arma::sqrt(middle_) % arma::diagmat(X_.values), Mat(arma::size(X_.left), arma::fill::zeros),
                 Mat(arma::size(X_.right), arma::fill::zeros)}};
    Vec z = seen(eta);
    Factors b = back(y - z);
    add_scaled(b, -1, scaled(1 - middle_, 1 - side_, eta));
    const Real goal = tolerance * frobenius_norm(X_.values);
    const InnerSolution inner = conjugate_gradients(
        b, memory, most,
        [&](const Factors& s, Factors& Hs) {
          Hs = back(seen(s));
          add_scaled(Hs, 1, scaled(1 - middle_, 1 - side_, s));
        },
        [](const Factors& from, Factors& to) { to = from; }, [&](Index, Real, const Factors&) { return goal * goal; });
    products = inner.products;
    add_scaled(eta, 1, inner.d);
    const Factors gamma = scaled(arma::sqrt(middle_), arma::sqrt(side_), eta);
    return {gamma[0], gamma[1], gamma[2]};
  }

 private:
  static Factors scaled(const Mat& middle, const Mat& side, const Factors& t) {
    Factors out{{middle % t[0], t[1], t[2]}};
    out[1].each_row() %= side.row(0);
    out[2].each_row() %= side.row(0);
    return out;
  }
  Vec seen(const Factors& eta) const {  // A(P √T η)
    const Factors gamma = scaled(arma::sqrt(middle_), arma::sqrt(side_), eta);
    Vec z;
    sensing_.forward(matrix_of(X_, {gamma[0], gamma[1], gamma[2]}), z);
    return z;
  }
  Factors back(const Vec& z) const {  // √T P*A*(z)
    Mat ZV, ZtU;
    sensing_.adjoint_times(z, X_.right, ZV);
    sensing_.adjoint_transposed_times(z, X_.left, ZtU);
    const Tangent t = tangent_part(X_, ZV, ZtU);
    return scaled(arma::sqrt(middle_), arma::sqrt(side_), {{t.middle, t.left, t.right}});
  }

  const Svd& X_;
  Sensing& sensing_;
  Mat middle_, side_;  // T, of the k × k middle and of the columns of the sides
};

/// c, where A A* = c I because every measurement is of an entry of its own, with one factor for all. Asked of some
/// columns of A*(v), of which each measurement is c v_i or 0.
inline Real square_of_entries(const Context& context) {
  Sensing& sensing = context.sensing();
  const Vec v = context.stream.child("probe").normal_matrix(sensing.measurements(), 1);
  for (Index first = 0; first < context.shape.cols; first += 8) {
    const Index count = std::min<Index>(8, context.shape.cols - first);
    Mat B(context.shape.cols, count, arma::fill::zeros), C;
    Vec w;
    B.rows(first, first + count - 1).eye();
    sensing.adjoint_times(v, B, C);
    sensing.forward({C, B}, w);
    const Vec squares = w(arma::find(w)) / v(arma::find(w));
    if (squares.n_elem == 0) continue;
    if (squares.min() <= 0 || squares.max() - squares.min() > 1e-10 * squares.max()) break;
    return squares[0];
  }
  throw Unsuitable("needs measurements of single entries, each of another one, but these are of another kind");
}

}  // namespace tightrope
