#include "core/numbers/gram.hpp"

#include <limits>

#include "core/numbers/recovery.hpp"

namespace tightrope {

Mat gram_solve(const Mat& factor, Real damping, const Mat& B) {
  if (!factor.is_finite()) return Mat(arma::size(B)).fill(arma::datum::nan);
  const Svd parts = svd(factor);
  const Real cut = static_cast<Real>(std::max(factor.n_rows, factor.n_cols)) * std::numeric_limits<Real>::epsilon() *
                   (parts.values.is_empty() ? 0 : parts.values.max());
  Mat coefficients = B * parts.right;
  for (Index i = 0; i < parts.values.n_elem; ++i) {
    const Real sigma = parts.values[i];
    coefficients.col(i) *= sigma > cut ? 1 / (sigma * sigma + damping) : (damping > 0 ? 1 / damping : 0);
  }
  Mat result = coefficients * parts.right.t();
  // Directions outside the row space of a wide factor (k > n) see the damping alone.
  if (damping > 0 && parts.values.n_elem < factor.n_cols) result += (B - (B * parts.right) * parts.right.t()) / damping;
  return result;
}

}  // namespace tightrope
