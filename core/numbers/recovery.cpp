#include "core/numbers/recovery.hpp"

#include <cmath>
#include <optional>
#include <stdexcept>

#include "core/base/error.hpp"

namespace tightrope {

namespace {

/// A matrix T with ‖X‖_F = ‖T‖_F, X = Q_1 T Q_2ᵀ for some Q_1, Q_2 with orthonormal columns: small if X is of low rank.
Mat core_of(const LowRank& X) {
  const Index k = X.rank();
  if (k >= X.rows() && k >= X.cols()) return X.dense();
  Mat q, left, right;
  if (k < X.rows()) {
    if (!arma::qr_econ(q, left, X.left)) throw Error(Exit::resources, "a QR decomposition failed");
  } else {
    left = X.left;
  }
  if (k < X.cols()) {
    if (!arma::qr_econ(q, right, X.right)) throw Error(Exit::resources, "a QR decomposition failed");
  } else {
    right = X.right;
  }
  return left * right.t();
}

LowRank stacked_difference(const LowRank& X, const LowRank& Y) {
  return {arma::join_rows(X.left, -Y.left), arma::join_rows(X.right, Y.right)};
}

/// NaN or ∞ if an entry is; nothing for a matrix of finite numbers.
std::optional<Real> not_finite(const Mat& X) {
  if (X.has_nan()) return std::nan("");
  return X.has_inf() ? std::optional<Real>(arma::datum::inf) : std::nullopt;
}

bool is_finite(const LowRank& X) { return X.left.is_finite() && X.right.is_finite(); }

/// Whether forming a difference of rank `rank` costs less than two QR decompositions. Products run at several times the
/// speed of decompositions, hence the factor.
bool is_cheap_to_form(Index rows, Index cols, Index rank) { return rows * cols <= 8 * (rows + cols) * rank; }

bool is_identity(const Mat& X) {
  if (X.n_rows != X.n_cols) return false;
  for (Index j = 0; j < X.n_cols; ++j)
    for (Index i = 0; i < X.n_rows; ++i)
      if (X(i, j) != (i == j ? 1 : 0)) return false;
  return true;
}

}  // namespace

Mat LowRank::dense() const {
  if (is_identity(right)) return left;
  if (is_identity(left)) return right.t();
  return left * right.t();
}

Real frobenius_norm(const Mat& X) {
  const Real value = arma::norm(X, "fro");
  return value > 0 && std::isfinite(value) ? value : not_finite(X).value_or(value);
}

Real spectral_norm(const Mat& X) {
  if (const auto value = not_finite(X)) return *value;
  Vec sigma;
  if (X.is_empty()) return 0;
  return arma::svd(sigma, X) ? sigma[0] : std::nan("");
}

Real norm(const LowRank& X) {
  if (!is_finite(X)) return std::nan("");
  return frobenius_norm(core_of(X));
}

Real difference_norm(const LowRank& X, const LowRank& Y) {
  if (X.shape() != Y.shape()) throw std::logic_error("difference_norm: the matrices have different shapes");
  if (!is_cheap_to_form(X.rows(), X.cols(), X.rank() + Y.rank())) return norm(stacked_difference(X, Y));
  Mat difference = X.left * X.right.t();
  difference -= Y.left * Y.right.t();
  return frobenius_norm(difference);
}

Real difference_norm(const LowRank& X, const Mat& Y) {
  Mat difference = X.left * X.right.t();
  difference -= Y;
  return frobenius_norm(difference);
}

Real relative_error(const LowRank& X, const LowRank& truth) { return difference_norm(X, truth) / norm(truth); }

Vec singular_values(const LowRank& X) {
  const Index count = std::min({X.rows(), X.cols(), X.rank()});
  if (!is_finite(X)) return Vec(count).fill(arma::datum::nan);
  const Mat core = core_of(X);
  if (!core.is_finite()) return Vec(count).fill(arma::datum::nan);
  Vec values;
  if (!arma::svd(values, core)) return Vec(count).fill(arma::datum::nan);
  return values.head(count);
}

Svd svd(const Mat& X) {
  if (!X.is_finite())
    throw Error(Exit::config, "a singular value decomposition needs numbers, but some overflow or are none");
  Svd result;
  // Divide and conquer, which is fast but can fail; then the iteration of Golub and Reinsch.
  for (const char* method : {"dc", "std"})
    if (arma::svd_econ(result.left, result.values, result.right, X, "both", method)) return result;
  throw Error(Exit::resources, "a singular value decomposition did not converge");
}

Svd svd(const LowRank& X) {
  const Index count = std::min({X.rows(), X.cols(), X.rank()});
  if (X.rank() >= std::min(X.rows(), X.cols())) return svd(X.dense());
  Mat q_left, t_left, q_right, t_right;
  if (!arma::qr_econ(q_left, t_left, X.left) || !arma::qr_econ(q_right, t_right, X.right))
    throw Error(Exit::resources, "a QR decomposition failed");
  Svd small = svd(Mat(t_left * t_right.t()));
  return truncated({q_left * small.left, small.values, q_right * small.right}, count);
}

Svd truncated(const Svd& full, Index rank) {
  const Index count = std::min<Index>(rank, full.values.n_elem);
  return {full.left.head_cols(count), full.values.head(count), full.right.head_cols(count)};
}

LowRank balanced(const Svd& svd) {
  const Mat roots = arma::diagmat(arma::sqrt(svd.values));
  return {svd.left * roots, svd.right * roots};
}

Mat orthonormal_basis(const Mat& X) {
  Mat q, t;
  if (!arma::qr_econ(q, t, X)) throw Error(Exit::resources, "a QR decomposition failed");
  for (Index j = 0; j < q.n_cols; ++j)
    if (t(j, j) < 0) q.col(j) *= -1;
  return q;
}

Real sine_of_largest_angle(const Mat& U, const Mat& Y) {
  const Mat outside = Y - U * (U.t() * Y);
  return std::min(spectral_norm(outside), Real{1});
}

}  // namespace tightrope
