// A softmax attention layer on labelled inputs (Tarzanagh, Li, Zhang & Oymak, NeurIPS 2023; Tarzanagh, Li,
// Thrampoulidis & Oymak, arXiv 2308.16898, 2023). Input i has tokens x_i1 … x_iT ∈ R^d, a query z_i and a label Y_i =
// ±1, and
//   f = (1/n) Σ_i ℓ(Y_i ⟨v, Σ_t s_it x_it⟩),  s_i = softmax(⟨K x_it, W z_i⟩ over t),  K diagonal,
// with logistic ℓ(m) = log(1 + exp(−m)), exponential exp(−m) or correlation −m. What moves is W: d × d, or a prompt p
// in the place of all W z_i, or p and the head v. f has no minimum: ‖W‖ → ∞, while W/‖W‖ goes to the direction of the
// token SVM of those tokens α_i that it selects: min ‖W‖_F with ⟨K(x_iα − x_it), W z_i⟩ ≥ 1 for t ≠ α_i. With v trained
// too, v goes to the label SVM of the selected tokens, and 1 becomes 0 for inputs that are no support vectors of it.
#include "core/plugin/plugin.hpp"
#include "plugins/shared/token_selection.hpp"

namespace {

using namespace tightrope;

class Attention final : public Problem {
 public:
  struct Options {
    std::string form = "weights", loss = "logistic";
    Index inputs = 1, length = 0, dimension = 0;
    std::vector<Real> tokens, queries, labels, head, key, start;
    Real scale = 1, spread = 0;
    void declare(Parameters& p) {
      p.add("form", form, {"weights", "prompt", "joint"}, "what moves: W, p, or p and v");
      p.add("loss", loss, {"logistic", "exponential", "correlation"}, "ℓ");
      p.add("inputs", inputs, at_least(1), "n");
      p.add("length", length, at_least(2), "T, tokens of an input").required().example("4");
      p.add("dimension", dimension, at_least(1), "d").required().example("6");
      p.add("tokens", tokens, any(), "x_11, x_12, … one after the other; drawn as unit vectors if not given");
      p.add("queries", queries, any(), "z_1, z_2, … for W; drawn as unit vectors if not given");
      p.add("labels", labels, between(-1, 1), "Y; all 1 if not given");
      p.add("head", head, any(), "v, or where it starts; drawn as a unit vector if not given");
      p.add("key", key, any(), "the diagonal of K; all 1 if not given");
      p.add("start", start, any(), "its own start: the entries of W, column by column, or p; 0 if not given");
      p.add("scale", scale, any(), "number by which that start is multiplied");
      p.add("spread", spread, at_least(0), "deviation of normal numbers added to the start");
    }
  };
  Attention(const Options& o, const Context& context)
      : options_(o), joint_(o.form == "joint"), columns_(o.form == "weights" ? o.dimension : 1) {
    const Index d = o.dimension, n = o.inputs;
    if (o.form != "weights" && !o.queries.empty()) throw Unsuitable("needs no queries for a prompt, but has some");
    const auto drawn = [&](const char* name, Index cols) { return unit_columns(context.stream.child(name), d, cols); };
    const auto ones = [](Index rows, Index cols) { return Mat(rows, cols, arma::fill::ones); };
    data_.T = o.length;
    data_.tokens = given(o.tokens, "tokens", drawn("tokens", n * o.length));
    data_.keys = data_.tokens.each_col() % given(o.key, "key", ones(d, 1)).as_col();
    data_.queries = given(o.queries, "queries", o.form == "weights" ? drawn("queries", n) : ones(1, n));
    data_.labels = given(o.labels, "labels", ones(n, 1));
    if (arma::any(arma::abs(data_.labels) != 1)) throw Unsuitable("needs labels 1 and -1, but has others");
    head_ = given(o.head, "head", drawn("head", 1));
    start_ = zeros(blocks());
    start_[0] = o.scale * given(o.start, "start", start_[0]);
    if (joint_) start_[1] = head_;
    for (Index i = 0; i < start_.size(); ++i) {
      const Stream own = context.stream.child("start/" + std::to_string(i));
      start_[i] += o.spread * own.normal_matrix(start_[i].n_rows, start_[i].n_cols);
    }
    loss_.kind = o.loss == "logistic"      ? MarginLoss::logistic
                 : o.loss == "exponential" ? MarginLoss::exponential
                                           : MarginLoss::correlation;
  }

  std::vector<Block> blocks() const override {
    const Index d = options_.dimension;
    if (joint_) return {{"p", d, 1}, {"v", d, 1}};
    return {{options_.form == "prompt" ? "p" : "W", d, columns_}};
  }
  Index samples() const override { return options_.inputs; }
  Factors start() const override { return start_; }

  Real evaluate(const Factors& at, Rows rows, Blocks wanted, Factors* gradient) const override {
    const auto of = [&](Index b) { return gradient && b < at.size() && wanted.has(b) ? &(*gradient)[b] : nullptr; };
    return data_.loss(loss_, rows, at[0], joint_ ? at[1].as_col() : head_, of(0), of(1));
  }

  std::vector<Column> columns() const override { return selection_columns(joint_); }
  void observe(const Iterate& at, std::span<Real> values) const override {
    observe_selection(data_, at.point[0], joint_ ? at.point[1].as_col() : head_, joint_, values);
  }

 private:
  Options options_;
  bool joint_;
  Index columns_;  // of W; a prompt has one
  TokenInputs data_;
  MarginLoss loss_;
  Vec head_;
  Factors start_;
};

}  // namespace

TIGHTROPE_PLUGIN(Problem, Attention, "attention", "a softmax attention layer that learns to select tokens",
                 "tarzanagh2023, tarzanagh2023svm, lawson1974")
