// Regression in context: prompts of N pairs x_i ~ N(0, Λ), y_i = ⟨w, x_i⟩, with a w ~ N(0, I) of its own each, and a
// query x whose ⟨w, x⟩ is asked for (Zhang, Frei & Bartlett, JMLR 25(49), 2024). Λ is diagonal, given as a vector λ of
// d numbers.
#pragma once

#include <string>

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// The diagonal of Γ = (1 + 1/N)Λ + (tr Λ/N) I, for which E[hhᵀ] = ΓΛ with h = (1/N) Σ y_i x_i.
inline Vec gamma_of(const Vec& lambda, Real N) { return (1 + 1 / N) * lambda + arma::accu(lambda) / N; }

/// E(hᵀP x − ⟨w, x⟩)² = tr(ΓΛ P Λ Pᵀ) − 2 tr(Λ²Pᵀ) + tr Λ of the linear prediction hᵀP x, P: d × d.
inline Real prediction_risk(const Mat& P, const Vec& gamma, const Vec& lambda) {
  return arma::dot((gamma % lambda) * lambda.t(), arma::square(P)) - 2 * arma::dot(lambda % lambda, P.diag()) +
         arma::accu(lambda);
}

/// The start u = σ, U = σ Θ Θᵀ (σ Θ where U is not square), Θ Gaussian and scaled so that ‖U‖_F = σ.
inline Factors scalar_and_matrix(Real scale, Shape shape, const Stream& stream) {
  Mat U = stream.normal_matrix(shape.rows, shape.cols);
  if (shape.rows == shape.cols) U = Mat(U * U.t());
  return {{Mat(1, 1, arma::fill::value(scale)), scale / frobenius_norm(U) * U}};
}

/// As many prompts, each from a stream of its own.
struct Prompts {
  Mat h, x;  // h = (1/N) Σ y_i x_i, and the query: d × count
  Vec y;     // ⟨w, x⟩

  Prompts(Index count, Index N, const Vec& lambda, const Stream& stream)
      : h(lambda.n_elem, count), x(lambda.n_elem, count), y(count) {
    const Vec root = arma::sqrt(lambda);
    for (Index i = 0; i < count; ++i) {
      const Stream own = stream.child("prompt/" + std::to_string(i));
      const Mat pairs = own.child("x").normal_matrix(lambda.n_elem, N).each_col() % root;
      const Vec w = own.child("w").normal_matrix(lambda.n_elem, 1);
      h.col(i) = pairs * (pairs.t() * w) / static_cast<Real>(N);
      x.col(i) = root % own.child("query").normal_matrix(lambda.n_elem, 1);
      y[i] = arma::dot(w, x.col(i));
    }
  }

  /// Half the mean of (hᵀP x − y)², the part of `rows` in it, and its gradient with respect to P.
  Real half_squared_error(const Mat& P, Rows rows, Mat& gradient) const {
    const arma::span some(rows.first, rows.end() - 1);
    const auto count = static_cast<Real>(y.n_elem);
    const Vec r = arma::sum(h.cols(some) % (P * x.cols(some)), 0).t() - y(some);
    gradient = h.cols(some) * arma::diagmat(r / count) * x.cols(some).t();
    return arma::dot(r, r) / (2 * count);
  }
};

}  // namespace tightrope
