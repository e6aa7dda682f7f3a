// The weighted least squares problems of reweighted completion, in coordinates of a tangent space.
#pragma once

#include <functional>

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// z ↦ (A A*)⁺ z. Measurements of single entries, each of another one and all with one factor, have A A* = c I, which
/// is noticed; of other operators A A* is inverted by conjugate gradients, and A*(z) is formed for that.
class GramInverse {
 public:
  explicit GramInverse(const Context& context) : size_(context.shape.cols) {
    Sensing& sensing = context.sensing();
    const Vec v = context.stream.child("probe").normal_matrix(sensing.measurements(), 1);
    // Of some columns of A*(v), a measurement of an entry is c v_i or 0.
    for (Index first = 0; first < size_; first += 8) {
      const Index count = std::min<Index>(8, size_ - first);
      Mat B(size_, count, arma::fill::zeros), C;
      Vec w;
      B.rows(first, first + count - 1).eye();
      sensing.adjoint_times(v, B, C);
      sensing.forward({C, B}, w);
      const Vec squares = w(arma::find(w)) / v(arma::find(w));
      if (squares.n_elem == 0) continue;
      if (squares.min() > 0 && squares.max() - squares.min() <= 1e-10 * squares.max()) square_ = squares[0];
      break;
    }
  }

  Vec times(const Vec& z, Sensing& sensing) const {
    if (square_ > 0) return z / square_;
    const Mat all = arma::eye(size_, size_);
    Memory memory;
    const auto product = [&](const Factors& v, Factors& w) {
      Mat G;
      Vec Av;
      sensing.adjoint_times(v[0], all, G);
      sensing.forward({G, all}, Av);
      w[0] = Av;
    };
    const InnerSolution found = conjugate_gradients(
        {{z}}, memory, 2 * z.n_elem, product, [](const Factors& r, Factors& s) { s = r; },
        [](Index, Real first, const Factors&) { return 1e-26 * first; });
    return found.d[0];
  }

 private:
  Index size_;
  Real square_ = 0;  // c, if there is one
};

/// Which Z with A(Z) = y has the smallest Σ_ij Z̃_ij²/(max(σ_i, ε) max(σ_j, ε)), where Z̃ = Ũᵀ Z Ṽ in all singular
/// vectors of a matrix whose k largest triples are U Σ Vᵀ, and whose others count as ε or less (Kümmerle & Mayrink
/// Verdun, ICML 2021, appendix)? With the inclusion P of the tangent space at U Σ Vᵀ, S = σ_iσ_j − ε² (middle) or σ_iε
/// − ε² (sides) there, and the orthogonal projector Π = A*(A A*)⁺A, it is
///   Z = A*(r) + P γ,  r = (A A*)⁺(y − A(P γ)),  (ε² S⁻¹ + P*ΠP) γ = P*A*(A A*)⁺ y.
///
/// Here γ = √T η, T = S/(S + ε²/p) and p = m/(n1 n2), the mean eigenvalue of Π, which makes the matrix p (I + √T
/// (P*ΠP/p − I) √T): T may vanish, and conjugate gradients need few products. Tangent vectors are kept as Factors: M (k
/// × k), U_p (n1 × k), V_p (n2 × k).
class ReweightedLeastSquares {
 public:
  ReweightedLeastSquares(const Svd& X, Real epsilon, const GramInverse& inverse, Sensing& sensing)
      : X_(X),
        inverse_(inverse),
        sensing_(sensing),
        share_(std::min(1.0, static_cast<Real>(sensing.measurements()) / static_cast<Real>(sensing.shape().entries()))),
        middle_(X.values * X.values.t()),
        side_(epsilon * X.values.t()) {
    const auto part = [=, p = share_](Real product) {
      const Real S = product - epsilon * epsilon;
      return S > 0 ? S / (S + epsilon * epsilon / p) : 0;
    };
    middle_.transform(part);
    side_.transform(part);
  }

  /// γ to ‖residual of η‖ ≤ tolerance·‖Σ‖_F, from γ = T ∘ Σ, which is right where Z stays U Σ Vᵀ.
  Tangent solve(const Vec& y, Real tolerance, Index most, Index& products) const {
    Memory memory;  // of this solution alone, whose shapes may be others than those of the last
    Factors eta{{arma::sqrt(middle_) % arma::diagmat(X_.values), Mat(arma::size(X_.left), arma::fill::zeros),
                 Mat(arma::size(X_.right), arma::fill::zeros)}};
    Factors b = back(y - seen(eta));
    add_scaled(b, -1, scaled(1 - middle_, 1 - side_, eta));
    const Real goal = tolerance * frobenius_norm(X_.values);
    const InnerSolution inner = conjugate_gradients(
        b, memory, most,
        [&](const Factors& s, Factors& Hs) {
          // The identity on what rounding errors bring in from outside of the tangent space, where T would leave 0.
          Factors inside = s;
          inside[1] -= X_.left * (X_.left.t() * s[1]);
          inside[2] -= X_.right * (X_.right.t() * s[2]);
          Hs = back(seen(inside));
          add_scaled(Hs, -1, scaled(middle_, side_, inside));
          add_scaled(Hs, 1, s);
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
  Factors back(const Vec& z) const {  // √T P*A*(A A*)⁺ z/p
    const Vec s = inverse_.times(z, sensing_) / share_;
    Mat ZV, ZtU;
    sensing_.adjoint_times(s, X_.right, ZV);
    sensing_.adjoint_transposed_times(s, X_.left, ZtU);
    const Tangent t = tangent_part(X_, ZV, ZtU);
    return scaled(arma::sqrt(middle_), arma::sqrt(side_), {{t.middle, t.left, t.right}});
  }

  const Svd& X_;
  const GramInverse& inverse_;
  Sensing& sensing_;
  Real share_;         // p
  Mat middle_, side_;  // T, of the k × k middle and of the columns of the sides
};

}  // namespace tightrope
