// Attention that selects one token of each input, and the maximum-margin problem that its direction goes to (Tarzanagh,
// Li, Zhang & Oymak, NeurIPS 2023). Input i has tokens x_i1 … x_iT ∈ R^d with keys κ_it, a query z_i and a label
// Y_i = ±1; the layer puts the weights s_i = softmax(⟨κ_it, W z_i⟩) on its tokens and has the output ⟨v, Σ_t s_it
// x_it⟩. A prompt p is a W of one column, with queries z_i = 1.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// The point of least norm of {w : ⟨g_j, w⟩ ≥ h_j}, as multipliers λ ≥ 0 of w = Σ λ_j g_j, from the Gram matrix K_ij =
/// ⟨g_i, g_j⟩ and h ≥ 0; empty if there is no such point. By least-distance programming with an active set (Lawson &
/// Hanson, Solving Least Squares Problems, 1974, chapter 23): u ≥ 0 minimises ‖Σ u_j (g_j, h_j) − (0, 1)‖, and then
/// λ = u/ϱ with ϱ = 1 − hᵀu, which is 0 if the constraints contradict each other.
inline Vec margin_multipliers(const Mat& K, const Vec& h) {
  const Real unit = std::max(arma::max(K.diag()), std::numeric_limits<Real>::min());
  const Mat A = K / unit + h * h.t();
  Vec u(h.n_elem, arma::fill::zeros), solved;
  const auto solve = [&](const Mat& of, const arma::uvec& active) {
    return arma::solve(solved, of(active, active), h(active),
                       arma::solve_opts::likely_sympd + arma::solve_opts::no_approx);
  };
  // Most constraints are active as a rule: those whose multipliers are negative leave until none is.
  arma::uvec active = arma::regspace<arma::uvec>(0, h.n_elem - 1);
  while (!active.is_empty()) {
    if (!solve(A, active))
      active.reset();
    else if (solved.min() > 0)
      break;
    else
      active = active(arma::find(solved > 0)).eval();
  }
  u(active) = active.is_empty() ? Vec() : solved;
  for (Index round = 0; round < 20 * h.n_elem; ++round) {
    const Real rest = 1 - arma::dot(h, u);
    if (rest < 1e-12) return {};
    Vec slope = h - A * u;  // ϱ(h − Kλ)
    slope(active).zeros();
    if (slope.max() <= 1e-12 * rest) {
      Vec lambda(h.n_elem, arma::fill::zeros);
      if (!solve(K, active)) return {};
      lambda(active) = solved;
      return lambda;
    }
    active = arma::join_cols(active, arma::uvec{slope.index_max()});
    while (true) {
      if (!solve(A, active)) return {};
      if (solved.min() > 0) break;
      Real share = 1;  // of the way to `solved` on which all stay at least 0
      for (Index j = 0; j < active.n_elem; ++j)
        if (solved[j] <= 0) share = std::min(share, u[active[j]] / (u[active[j]] - solved[j]));
      for (Index j = 0; j < active.n_elem; ++j) {
        Real& entry = u[active[j]];
        entry += share * (solved[j] - entry);
        if (entry <= 1e-15) entry = 0;
      }
      active = active(arma::find(u(active) > 0)).eval();
      if (active.is_empty()) return {};
    }
    u.zeros();
    u(active) = solved;
  }
  return {};
}

/// ℓ(m) of the margin m = Y_i f_i, and its derivative.
struct MarginLoss {
  enum Kind { logistic, exponential, correlation } kind = logistic;
  Real value(Real m) const {
    if (kind == correlation) return -m;
    if (kind == exponential) return std::exp(-m);
    return m > 0 ? std::log1p(std::exp(-m)) : std::log1p(std::exp(m)) - m;
  }
  Real slope(Real m) const {
    if (kind == correlation) return -1;
    return kind == exponential ? -std::exp(-m) : -1 / (1 + std::exp(m));
  }
};

/// Inputs i = 0 … n − 1 of T tokens each, those of input i in the columns iT … iT + T − 1.
struct TokenInputs {
  Mat tokens, keys;  // d × nT
  Mat queries;       // k × n
  Vec labels;        // n
  Index T = 1;

  Index count() const { return labels.n_elem; }
  arma::span columns(Index i) const { return arma::span(i * T, i * T + T - 1); }

  /// s_i, for a W of d × k.
  Vec softmax(Index i, const Mat& W) const {
    const Vec logits = keys.cols(columns(i)).t() * (W * queries.col(i));
    const Vec s = arma::exp(logits - logits.max());
    return s / arma::accu(s);
  }

  /// (1/n) Σ ℓ(Y_i f_i) over the inputs of `rows`; adds its gradients where they are asked for. Scores γ_t = Y_i⟨v,
  /// x_it⟩ are taken from that of the heaviest token: nothing cancels then in s_t(γ_t − Σ s γ), which is tiny for every
  /// t once a token is selected, and of which normalized steps need the direction.
  Real loss(const MarginLoss& of_margin, Rows rows, const Mat& W, const Vec& v, Mat* of_W, Mat* of_v) const {
    Real sum = 0;
    const auto n = static_cast<Real>(count());
    for (Index i = rows.first; i < rows.end(); ++i) {
      const Vec s = softmax(i, W), scores = labels[i] * (tokens.cols(columns(i)).t() * v);
      const Vec gaps = scores - scores[s.index_max()];
      const Real mean_gap = arma::dot(s, gaps), margin = scores[s.index_max()] + mean_gap;
      sum += of_margin.value(margin) / n;
      const Real slope = of_margin.slope(margin) / n;
      if (of_W) *of_W += slope * keys.cols(columns(i)) * (s % (gaps - mean_gap)) * queries.col(i).t();
      if (of_v) *of_v += slope * labels[i] * (tokens.cols(columns(i)) * s);
    }
    return sum;
  }

  /// The heaviest token of each input.
  arma::uvec selected(const Mat& W) const {
    arma::uvec all(count());
    for (Index i = 0; i < count(); ++i) all[i] = softmax(i, W).index_max();
    return all;
  }

  /// The token SVM: the W of least norm with ⟨κ_iα − κ_it, W z_i⟩ ≥ h_i for all t ≠ α = chosen_i; empty if none exists.
  /// The gradients of these constraints are (κ_iα − κ_it) z_iᵀ, of which only products are formed.
  Mat token_svm(const arma::uvec& chosen, const Vec& h) const {
    Mat D(keys.n_rows, count() * (T - 1)), Z(queries.n_rows, D.n_cols);
    Vec bounds(D.n_cols);
    for (Index i = 0, j = 0; i < count(); ++i)
      for (Index t = 0; t < T; ++t) {
        if (t == chosen[i]) continue;
        D.col(j) = keys.col(i * T + chosen[i]) - keys.col(i * T + t);
        Z.col(j) = queries.col(i);
        bounds[j++] = h[i];
      }
    const Vec lambda = margin_multipliers((D.t() * D) % (Z.t() * Z), bounds);
    return lambda.is_empty() ? Mat() : Mat(D * arma::diagmat(lambda) * Z.t());
  }

  /// The label SVM: the v of least norm with Y_i⟨v, x_i⟩ ≥ 1 for the chosen tokens; empty if none exists.
  Vec label_svm(const arma::uvec& chosen) const {
    Mat signed_tokens(tokens.n_rows, count());
    for (Index i = 0; i < count(); ++i) signed_tokens.col(i) = labels[i] * tokens.col(i * T + chosen[i]);
    const Vec lambda = margin_multipliers(signed_tokens.t() * signed_tokens, Vec(count(), arma::fill::ones));
    return lambda.is_empty() ? Vec() : Vec(signed_tokens * lambda);
  }

  /// 1 for inputs whose chosen token lies on the margin of v, a solution of the label SVM, and 0 for others.
  Vec support(const arma::uvec& chosen, const Vec& v) const {
    Vec on(count(), arma::fill::zeros);
    for (Index i = 0; i < count(); ++i)
      if (labels[i] * arma::dot(v, tokens.col(i * T + chosen[i])) < 1 + 1e-8) on[i] = 1;
    return on;
  }
};

/// A list of a config in the shape of what stands for it if there is none.
inline Mat given(const std::vector<Real>& list, const std::string& name, const Mat& otherwise) {
  if (list.empty()) return otherwise;
  if (list.size() == otherwise.n_elem) return Mat(list.data(), otherwise.n_rows, otherwise.n_cols);
  throw Unsuitable("needs " + std::to_string(otherwise.n_elem) + " numbers as '" + name + "', but has " +
                   std::to_string(list.size()));
}

/// Columns drawn uniformly from the unit sphere.
inline Mat unit_columns(const Stream& stream, Index rows, Index cols) {
  return arma::normalise(stream.normal_matrix(rows, cols));
}

/// ⟨a, b⟩/(‖a‖‖b‖); NaN where one is empty or 0.
inline Real cosine(const Mat& a, const Mat& b) {
  return b.is_empty() ? std::nan("") : arma::dot(a, b) / (frobenius_norm(a) * frobenius_norm(b));
}

/// What is recorded of an attention layer: its direction against the SVM of the tokens that it selects.
inline std::vector<Column> selection_columns(bool joint) {
  std::vector<Column> all = {
      {"correlation", "cosine between W or p and the token SVM of the tokens that are selected", 30, false},
      {"parameter_norm", "‖W‖_F or ‖p‖", 20, false},
      {"largest_softmax", "mean over the inputs of the largest softmax probability", 10, false},
      {"selected_token", "the token of the first input that is selected, counted from 1", 0, false},
      {"optimal_share", "share of the inputs whose selected token has the highest score Y⟨v, x⟩", 0, false},
      {"svm_objective", "½‖·‖² of the token SVM of the tokens that are selected", 0, false}};
  if (joint) all.push_back({"head_correlation", "cosine between v and the label SVM of these tokens", 0, false});
  return all;
}

/// Their values. With a head v that moves, only inputs on its margin bound the token SVM by 1.
inline void observe_selection(const TokenInputs& data, const Mat& W, const Vec& v, bool joint, std::span<Real> values) {
  const arma::uvec chosen = data.selected(W);
  const auto n = static_cast<Real>(data.count());
  Vec bounds(data.count(), arma::fill::ones);
  if (joint) {
    const Vec of_labels = data.label_svm(chosen);
    values[6] = cosine(v, of_labels);
    if (!of_labels.is_empty()) bounds = data.support(chosen, of_labels);
  }
  const Mat svm = data.token_svm(chosen, bounds);
  values[0] = cosine(W, svm);
  values[1] = frobenius_norm(W);
  values[2] = values[4] = 0;
  for (Index i = 0; i < data.count(); ++i) {
    const Vec scores = data.labels[i] * (data.tokens.cols(data.columns(i)).t() * v);
    values[2] += data.softmax(i, W).max() / n;
    values[4] += scores[chosen[i]] >= scores.max() ? 1 : 0;
  }
  values[4] /= n;
  values[3] = static_cast<Real>(chosen[0] + 1);
  values[5] = svm.is_empty() ? std::nan("") : arma::dot(svm, svm) / 2;
}

}  // namespace tightrope
