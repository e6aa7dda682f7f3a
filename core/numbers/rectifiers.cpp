#include "core/numbers/rectifiers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace tightrope {

namespace {

constexpr Index chunk = 1024;  // samples at a time: of each, as many numbers are kept as there are rectifiers

/// visit(first, X, products ⟨x_i, w_j⟩ of these samples) for parts of the samples, one after another.
template <class Visit>
void in_parts(const Labelled& data, Rows rows, const Mat& W, const Visit& visit) {
  for (Index first = rows.first; first < rows.end(); first += chunk) {
    const Mat X = data.X.cols(first, std::min(first + chunk, rows.end()) - 1);
    visit(first, X, Mat(W.t() * X));
  }
}

}  // namespace

bool Labelled::has_classes() const {
  return std::all_of(y.begin(), y.end(), [](Real label) { return std::abs(label) == 1; });
}

Labelled opposite_cones(Index samples, Index dimension, Real separation, const Stream& stream) {
  const Vec u = arma::normalise(Vec(stream.child("axis").normal_matrix(dimension, 1)));
  Mat Z = stream.child("samples").normal_matrix(dimension, samples);
  Z = arma::normalise(Z - u * (u.t() * Z));
  Labelled data{std::sqrt((1 - separation) / 2) * Z, Vec(samples)};
  data.X.each_col() += std::sqrt((1 + separation) / 2) * u;
  for (Index i = 0; i < samples; ++i) data.y[i] = i % 2 ? -1 : 1;
  data.X.each_row() %= data.y.t();
  return data;
}

LabelLoss label_loss(const std::string& name) {
  return name == "exponential" ? LabelLoss::exponential
         : name == "logistic"  ? LabelLoss::logistic
                               : LabelLoss::least_squares;
}

Real price(LabelLoss loss, Real y, Real& h) {
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

Real price_of_rectifiers(LabelLoss loss, const Labelled& data, Rows rows, const Mat& W, const Mat& v, Mat* of_W,
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

Alignment alignment_of(const Labelled& data, const Mat& W, const Mat& v) {
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

Real stable_rank(const Mat& W) {
  const Mat G = W.n_rows < W.n_cols ? Mat(W * W.t()) : Mat(W.t() * W);
  if (!G.is_finite()) return std::nan("");
  const Real largest = arma::eig_sym(G).max();
  return largest > 0 ? arma::trace(G) / largest : std::nan("");
}

}  // namespace tightrope
