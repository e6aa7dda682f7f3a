// A softmax attention layer on labelled inputs (Tarzanagh, Li, Zhang & Oymak, NeurIPS 2023; Tarzanagh, Li,
// Thrampoulidis & Oymak, arXiv 2308.16898, 2023). Input i has tokens x_i1 … x_iT ∈ R^d, a query z_i and a label Y_i =
// ±1, and
//   f = (1/n) Σ_i ℓ(Y_i ⟨v, Σ_t s_it x_it⟩),  s_i = softmax(⟨D x_it, W z_i⟩ over t),  D diagonal,
// with logistic ℓ(m) = log(1 + exp(−m)), exponential exp(−m) or correlation −m. What moves is W: d × d, or factors K
// and Q of W = K Qᵀ, or a prompt p in the place of all W z_i, or p and the head v. f has no minimum: ‖W‖ → ∞, while
// W/‖W‖ goes to the direction of the token SVM of those tokens α_i that it selects: min ‖W‖_F with ⟨D(x_iα − x_it), W
// z_i⟩ ≥ 1 for t ≠ α_i. With v trained too, v goes to the label SVM of the selected tokens, and 1 becomes 0 for inputs
// that are no support vectors of it. For W = K Qᵀ it is the nuclear norm ‖W‖_*, of which λ(‖K‖_F² + ‖Q‖_F²) is twice λ
// times at its least; the authors add that with λ = 2.2e-16, so that factors move on where gradients are no numbers any
// more.
#include "core/plugin/plugin.hpp"
#include "plugins/shared/token_selection.hpp"

namespace {

using namespace tightrope;

class Attention final : public Problem {
 public:
  struct Options {
    std::string form = "weights", loss = "logistic";
    TokenOptions data;
    std::vector<Real> start;
    Real scale = 1, spread = 0, ridge = 0;
    Index rank = 0, svm_every = 1;
    void declare(Parameters& p) {
      p.add("form", form, {"weights", "product", "prompt", "joint"}, "what moves: W, K and Q, p, or p and v");
      p.add("rank", rank, at_least(0), "columns of K and Q; d if it is 0");
      p.add("loss", loss, {"logistic", "exponential", "correlation"}, "ℓ");
      data.declare(p);
      p.add("start", start, any(), "its own start: the entries of W or K, column by column, or p; 0 if not given");
      p.add("scale", scale, any(), "number by which that start is multiplied");
      p.add("spread", spread, at_least(0), "deviation of normal numbers added to the start");
      p.add("ridge", ridge, at_least(0), "λ of the penalty λ‖·‖_F² of what moves");
      p.add("svm_every", svm_every, at_least(1), "iterations from one SVM to the next, for its columns");
    }
  };
  Attention(const Options& o, const Context& context)
      : o_(o),
        seen_{o.form == "joint", o.form == "product", o.svm_every},
        data_(o.data.made(o.form == "prompt" || o.form == "joint", context.stream)),
        head_(o.data.made_head(context.stream)),
        loss_(MarginLoss::of(o.loss)),
        start_(zeros(blocks())) {
    if (o.rank > 0 && !seen_.factored) throw Unsuitable("needs no rank but for K and Q, and has one");
    start_[0] = o.scale * given(o.start, "start", start_[0]);
    if (seen_.joint) start_[1] = head_;
    for (Index i = 0; i < start_.size(); ++i) {
      const Stream own = context.stream.child("start/" + std::to_string(i));
      start_[i] += o.spread * own.normal_matrix(start_[i].n_rows, start_[i].n_cols);
    }
  }

  std::vector<Block> blocks() const override {
    const Index d = o_.data.dimension, k = o_.rank > 0 ? o_.rank : d;
    if (seen_.factored) return {{"K", d, k}, {"Q", d, k}};
    if (seen_.joint) return {{"p", d, 1}, {"v", d, 1}};
    return {{o_.form == "prompt" ? "p" : "W", d, data_.queries.n_rows}};
  }
  Index samples() const override { return o_.data.inputs; }
  Factors start() const override { return start_; }

  Real evaluate(const Factors& at, Rows rows, Blocks wanted, Factors* gradient) const override {
    const auto of = [&](Index b) { return gradient && b < at.size() && wanted.has(b) ? &(*gradient)[b] : nullptr; };
    if (!seen_.factored) return data_.loss(loss_, rows, at[0], head_at(at), of(0), of(1));
    const Mat W = weights(at);
    Mat of_W(arma::size(W), arma::fill::zeros);
    const Real value = data_.loss(loss_, rows, W, head_, gradient ? &of_W : nullptr, nullptr);
    if (of(0)) *of(0) = of_W * at[1];
    if (of(1)) *of(1) = of_W.t() * at[0];
    return value;
  }
  Real add_penalty(const Factors& at, Blocks wanted, Factors* gradient) const override {
    if (o_.ridge == 0) return 0;
    for (Index b = 0; gradient && b < at.size(); ++b)
      if (wanted.has(b)) (*gradient)[b] += 2 * o_.ridge * at[b];
    return o_.ridge * dot(at, at);
  }

  std::vector<Column> columns() const override { return seen_.columns(); }
  void observe(const Iterate& at, std::span<Real> values) const override {
    seen_.observe(data_, weights(at.point), head_at(at.point), at.iteration, values);
  }

 private:
  Mat weights(const Factors& at) const { return seen_.factored ? Mat(at[0] * at[1].t()) : at[0]; }
  Vec head_at(const Factors& at) const { return seen_.joint ? at[1].as_col() : head_; }

  Options o_;
  SelectionObserver seen_;
  TokenInputs data_;
  Vec head_;
  MarginLoss loss_;
  Factors start_;
};

}  // namespace

TIGHTROPE_PLUGIN(Problem, Attention, "attention", "a softmax attention layer that learns to select tokens",
                 "tarzanagh2023, tarzanagh2023svm, lawson1974, boyd2011")
