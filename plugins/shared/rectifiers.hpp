// Samples with labels, and sums of rectifiers that predict the labels: h(x) = Σ_j v_j max(0, ⟨x, w_j⟩). The derivative
// of max(0, ·) at 0 is 0. How neurons align with two classes: Min, Mallada & Vidal, ICLR 2024.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/plugin/plugin.hpp"

namespace tightrope {

struct Labelled {
  Mat X;  // D × n, one sample a column
  Vec y;  // n
  /// Whether all labels are 1 or −1.
  bool has_classes() const {
    return std::all_of(y.begin(), y.end(), [](Real label) { return std::abs(label) == 1; });
  }
};

/// Classes 1 and −1 in turn, y_i x_i = √((1 + s)/2) u + √((1 − s)/2) z_i with one random direction u and random z_i
/// across it, all of length 1: any two y_i x_i have an inner product of at least s, the separation.
inline Labelled opposite_cones(Index samples, Index dimension, Real separation, const Stream& stream) {
  const Vec u = arma::normalise(Vec(stream.child("axis").normal_matrix(dimension, 1)));
  Mat Z = stream.child("samples").normal_matrix(dimension, samples);
  Z = arma::normalise(Z - u * (u.t() * Z));
  Labelled data{std::sqrt((1 - separation) / 2) * Z, Vec(samples)};
  data.X.each_col() += std::sqrt((1 + separation) / 2) * u;
  for (Index i = 0; i < samples; ++i) data.y[i] = i % 2 ? -1 : 1;
  data.X.each_row() %= data.y.t();
  return data;
}

enum class LabelLoss { exponential, logistic, least_squares };  // exp(−y h), log(1 + exp(−y h)), (h − y)²/2
inline LabelLoss label_loss(const std::string& name) {
  return name == "exponential" ? LabelLoss::exponential
         : name == "logistic"  ? LabelLoss::logistic
                               : LabelLoss::least_squares;
}

/// ℓ(y, h), and ∂ℓ/∂h in place of h.
inline Real price(LabelLoss loss, Real y, Real& h) {
  const Real margin = y * h, small = std::exp(-std::abs(margin));  // at most 1: nothing overflows on the way
  Real value = 0;
  switch (loss) {
    case LabelLoss::exponential:
      value = std::exp(-margin);
      h = -y * value;
      break;
    case LabelLoss::logistic:
      value = std::max<Real>(-margin, 0) + std::log1p(small);
      h = -y * (margin > 0 ? small : 1) / (1 + small);
      break;
    case LabelLoss::least_squares:
      h -= y;
      value = h * h / 2;
      break;
  }
  return value;
}

/// visit(first, X, products ⟨x_i, w_j⟩ of these samples) for parts of the samples, one after another: of each sample as
/// many numbers are kept as there are rectifiers.
template <class Visit>
void in_parts(const Labelled& data, Rows rows, const Mat& W, const Visit& visit) {
  constexpr Index samples = 1024;
  for (Index first = rows.first; first < rows.end(); first += samples) {
    const Mat X = data.X.cols(first, std::min(first + samples, rows.end()) - 1);
    visit(first, X, Mat(W.t() * X));
  }
}

/// Σ ℓ(y_i, h(x_i)) over the samples of `rows`, all of which exist; its gradients by W = [w_1 …] and v are added to
/// of_W and of_v, where these are not null.
inline Real price_of_rectifiers(LabelLoss loss, const Labelled& data, Rows rows, const Mat& W, const Mat& v, Mat* of_W,
                                Mat* of_v) {
  Real sum = 0;
  in_parts(data, rows, W, [&](Index first, const Mat& X, Mat H) {
    H.clamp(0, std::numeric_limits<Real>::infinity());
    Vec slope = H.t() * v;
    for (Index i = 0; i < slope.n_elem; ++i) sum += price(loss, data.y[first + i], slope[i]);
    if (of_v) *of_v += H * slope;
    if (!of_W) return;
    // ∂/∂W = X Dᵀ with D_ji = v_j ℓ′_i where rectifier j is active on sample i.
    for (Index i = 0; i < H.n_cols; ++i)
      for (Index j = 0; j < H.n_rows; ++j) H(j, i) = H(j, i) > 0 ? v[j] * slope[i] : 0;
    *of_W += X * H.t();
  });
  return sum;
}

/// How rectifiers lie to two classes. x₊ is the sum of the samples of class 1, x₋ of the others.
struct Alignment {
  Real accuracy = 0;  // share of the samples with y_i h(x_i) > 0
  Real cosine;  // the smallest between a w_j that is active, ⟨x_i, w_j⟩ > 0, on some sample and x₊ if v_j > 0, x₋
                // if v_j < 0; NaN without such w_j
  Real share_in_cone;  // of these w_j, those active on all samples of the class of sign(v_j) and on no others
};
inline Alignment alignment_of(const Labelled& data, const Mat& W, const Mat& v) {
  Alignment result{0, std::nan(""), std::nan("")};
  std::vector<char> is_active(W.n_cols, 0), fits(W.n_cols, 1);
  Index right = 0, active = 0, in_cone = 0;
  in_parts(data, {0, data.y.n_elem}, W, [&](Index first, const Mat& X, const Mat& H) {
    for (Index i = 0; i < X.n_cols; ++i) {
      const Real y = data.y[first + i];
      Real h = 0;
      for (Index j = 0; j < W.n_cols; ++j) {
        const bool is_on = H(j, i) > 0;
        if (is_on) is_active[j] = 1;
        if (is_on != (v[j] * y > 0)) fits[j] = 0;
        if (is_on) h += v[j] * H(j, i);
      }
      if (y * h > 0) ++right;
    }
  });
  result.accuracy = static_cast<Real>(right) / static_cast<Real>(data.y.n_elem);
  const Vec sums[] = {data.X * arma::clamp(data.y, 0, 1), data.X * arma::clamp(-data.y, 0, 1)};
  const Real lengths[] = {std::sqrt(arma::dot(sums[0], sums[0])), std::sqrt(arma::dot(sums[1], sums[1]))};
  for (Index j = 0; j < W.n_cols; ++j) {
    if (!is_active[j] || v[j] == 0) continue;
    const std::size_t side = v[j] > 0 ? 0 : 1;
    const Vec w = W.col(j);
    ++active;
    in_cone += static_cast<Index>(fits[j]);
    result.cosine = std::fmin(result.cosine, arma::dot(w, sums[side]) / (std::sqrt(arma::dot(w, w)) * lengths[side]));
  }
  if (active > 0) result.share_in_cone = static_cast<Real>(in_cone) / static_cast<Real>(active);
  return result;
}

/// ‖W‖_F²/‖W‖², with the spectral norm; NaN for W = 0.
inline Real stable_rank(const Mat& W) {
  const Mat G = W.n_rows < W.n_cols ? Mat(W * W.t()) : Mat(W.t() * W);
  if (!G.is_finite()) return std::nan("");
  const Real largest = arma::eig_sym(G).max();
  return largest > 0 ? arma::trace(G) / largest : std::nan("");
}

}  // namespace tightrope
