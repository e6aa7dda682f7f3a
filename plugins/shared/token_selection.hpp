// Attention that selects one token of each input, and the maximum-margin problem that its direction goes to (Tarzanagh,
// Li, Zhang & Oymak, NeurIPS 2023). Input i has tokens x_i1 … x_iT ∈ R^d with keys κ_it, a query z_i and a label
// Y_i = ±1; the layer puts the weights s_i = softmax(⟨κ_it, W z_i⟩) on its tokens and has the output ⟨v, Σ_t s_it
// x_it⟩. A prompt p is a W of one column, with queries z_i = 1. Where W = K Qᵀ and the factors move, the direction is
// that of the least nuclear norm in the place of the Frobenius norm.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/plugin/plugin.hpp"
#include "plugins/shared/nuclear_margin.hpp"

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
  static MarginLoss of(const std::string& name) {
    return {name == "logistic" ? logistic : name == "exponential" ? exponential : correlation};
  }
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

  /// The constraints ⟨d_j, W z_j⟩ ≥ h_j by which the chosen tokens α_i have the largest weights, d_j = κ_iα − κ_it and
  /// z_j = z_i for all t ≠ α_i, with a bound for each input: a column of D and of Z and an entry of h for each of them.
  struct Margins {
    Mat D, Z;
    Vec h;
  };
  Margins margins(const arma::uvec& chosen, const Vec& bounds) const {
    const Index N = count() * (T - 1);
    Margins all{Mat(keys.n_rows, N), Mat(queries.n_rows, N), Vec(N)};
    for (Index i = 0, j = 0; i < count(); ++i)
      for (Index t = 0; t < T; ++t) {
        if (t == chosen[i]) continue;
        all.D.col(j) = keys.col(i * T + chosen[i]) - keys.col(i * T + t);
        all.Z.col(j) = queries.col(i);
        all.h[j++] = bounds[i];
      }
    return all;
  }

  /// The token SVM: the W of least norm with these margins; empty if none exists. Of the gradients d_j z_jᵀ of the
  /// constraints only products are formed.
  Mat token_svm(const arma::uvec& chosen, const Vec& bounds) const {
    const Margins of = margins(chosen, bounds);
    const Vec lambda = margin_multipliers((of.D.t() * of.D) % (of.Z.t() * of.Z), of.h);
    return lambda.is_empty() ? Mat() : Mat(of.D * arma::diagmat(lambda) * of.Z.t());
  }
  /// The same with the least nuclear norm, from the token SVM with margins 1, which exists.
  NuclearMargin nuclear_token_svm(const arma::uvec& chosen, const Mat& svm) const {
    const Margins of = margins(chosen, Vec(count(), arma::fill::ones));
    return nuclear_margin(of.D, of.Z, of.h, svm);
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

/// Inputs as a config gives them, or drawn.
struct TokenOptions {
  Index inputs = 1, length = 0, dimension = 0;
  std::vector<Real> tokens, queries, labels, head, key;
  void declare(Parameters& p) {
    p.add("inputs", inputs, at_least(1), "n");
    p.add("length", length, at_least(2), "T, tokens of an input").required().example("4");
    p.add("dimension", dimension, at_least(1), "d").required().example("6");
    p.add("tokens", tokens, any(), "x_11, x_12, … one after the other; drawn as unit vectors if not given");
    p.add("queries", queries, any(), "z_1, z_2, … for W; drawn as unit vectors if not given");
    p.add("labels", labels, between(-1, 1), "Y; all 1 if not given");
    p.add("head", head, any(), "v, or where it starts; drawn as a unit vector if not given");
    p.add("key", key, any(), "the diagonal of D; all 1 if not given");
  }
  /// Throws Unsuitable where a list is of another length than its place, or labels are others than 1 and −1.
  TokenInputs made(bool is_prompt, const Stream& stream) const {
    if (is_prompt && !queries.empty()) throw Unsuitable("needs no queries for a prompt, but has some");
    const auto drawn = [&](const char* name, Index count) {
      return unit_columns(stream.child(name), dimension, count);
    };
    const auto ones = [](Index rows, Index cols) { return Mat(rows, cols, arma::fill::ones); };
    TokenInputs data;
    data.T = length;
    data.tokens = given(tokens, "tokens", drawn("tokens", inputs * length));
    data.keys = data.tokens.each_col() % given(key, "key", ones(dimension, 1)).as_col();
    data.queries = given(queries, "queries", is_prompt ? ones(1, inputs) : drawn("queries", inputs));
    data.labels = given(labels, "labels", ones(inputs, 1));
    if (arma::any(arma::abs(data.labels) != 1)) throw Unsuitable("needs labels 1 and -1, but has others");
    return data;
  }
  Vec made_head(const Stream& stream) const {
    return given(head, "head", unit_columns(stream.child("head"), dimension, 1));
  }
};

/// ⟨a, b⟩/(‖a‖‖b‖); NaN where one is empty or 0.
inline Real cosine(const Mat& a, const Mat& b) {
  return b.is_empty() ? std::nan("") : arma::dot(a, b) / (frobenius_norm(a) * frobenius_norm(b));
}

/// What is recorded of an attention layer: its direction against the SVM of the tokens that it selects.
struct SelectionObserver {
  bool joint = false, factored = false;  // whether p and the head v move; whether K and Q of W = K Qᵀ do
  Index every = 1;                       // iterations from one solution of the SVM to the next

  std::vector<Column> columns() const {
    const std::string norm = factored ? "‖·‖_*" : "½‖·‖²", svm = factored ? "nuclear-norm token SVM" : "token SVM";
    std::vector<Column> all = {
        {"correlation", "cosine between W or p and the " + svm + " of the tokens that are selected", 30, false},
        {"parameter_norm", "‖W‖_F or ‖p‖", 20, false},
        {"largest_softmax", "mean over the inputs of the largest softmax probability", 10, false},
        {"selected_token", "the token of the first input that is selected, counted from 1", 0, false},
        {"optimal_share", "share of the inputs whose selected token has the highest score Y⟨v, x⟩", 0, false},
        {"svm_objective", norm + " of the " + svm + " of the tokens that are selected", 0, false}};
    if (joint) all.push_back({"head_correlation", "cosine between v and the label SVM of these tokens", 0, false});
    if (factored)
      all.insert(all.end(), {{"frobenius_correlation", "cosine between W and the token SVM of least ‖·‖_F", 0, false},
                             {"numerical_rank", "number of singular values of W above 1 % of the largest", 0, false},
                             {"svm_rank", "rank of the nuclear-norm token SVM", 0, false}});
    return all;
  }

  /// With a head v that moves, only inputs on its margin bound the token SVM by 1.
  void observe(const TokenInputs& data, const Mat& W, const Vec& v, Index iteration, std::span<Real> values) const {
    const arma::uvec chosen = data.selected(W);
    const auto n = static_cast<Real>(data.count());
    values[1] = frobenius_norm(W);
    values[2] = values[4] = 0;
    for (Index i = 0; i < data.count(); ++i) {
      const Vec scores = data.labels[i] * (data.tokens.cols(data.columns(i)).t() * v);
      values[2] += data.softmax(i, W).max() / n;
      values[4] += scores[chosen[i]] >= scores.max() ? 1 : 0;
    }
    values[4] /= n;
    values[3] = static_cast<Real>(chosen[0] + 1);
    if (iteration % every != 0) return;
    Vec bounds(data.count(), arma::fill::ones);
    if (joint) {
      const Vec of_labels = data.label_svm(chosen);
      values[6] = cosine(v, of_labels);
      if (!of_labels.is_empty()) bounds = data.support(chosen, of_labels);
    }
    const Mat svm = data.token_svm(chosen, bounds);
    values[factored ? 6 : 0] = cosine(W, svm);
    if (factored) {
      const Vec sigma = svd(W).values;
      values[7] = static_cast<Real>(arma::accu(sigma > 0.01 * sigma[0]));
    }
    if (svm.is_empty()) return;
    if (!factored) {
      values[5] = arma::dot(svm, svm) / 2;
      return;
    }
    const NuclearMargin nuclear = data.nuclear_token_svm(chosen, svm);
    if (!(nuclear.gap < 1e-6)) return;
    values[0] = cosine(W, nuclear.W);
    values[5] = arma::accu(svd(nuclear.W).values);
    values[8] = static_cast<Real>(nuclear.rank);
  }
};

}  // namespace tightrope
