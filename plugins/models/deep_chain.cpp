// Deep matrix factorization X = W_L ⋯ W_1, W_l: n_l × n_{l−1}, n_0 = n2, n_L = n1, with the optional weight decay
// (λ/2) Σ‖W_l‖_F² (Arora, Cohen, Hu & Luo, NeurIPS 2019), and the start W_l(0) = ε_l Q_l with independent orthogonal
// Q_l of Yaras, Wang, Hu, Zhu, Balzano & Qu (arXiv:2306.01154, 2023), of which rows or columns are cut where a factor
// is not square.
#include "plugins/shared/matrix_chain.hpp"

namespace {

using namespace tightrope;

class DeepChain final : public FactorizationModel {
 public:
  struct Options {
    Index depth = 3;
    std::optional<Index> width;
    std::vector<Index> widths;
    Real scale = 1e-3, decay = 0;
    std::vector<Real> factor_scales;
    void declare(Parameters& p) {
      p.add("depth", depth, between(2, 64), "number L of factors");
      p.add("width", width, at_least(1), "n_1 = … = n_{L−1}; by default the smaller side of X");
      p.add("widths", widths, at_least(1), "n_1, …, n_{L−1}, where they differ");
      p.add("scale", scale, at_least(0), "ε, singular values of the factors at the start that the model brings itself");
      p.add("factor_scales", factor_scales, at_least(0),
            "further multiplier of each factor, of W_1 first; all 1 by default");
      p.add("decay", decay, at_least(0), "weight λ of the penalty (λ/2) Σ‖W_l‖_F²");
    }
  };
  DeepChain(const Options& options, const Context& context)
      : chain_(widths(options, context.shape)),
        start_(orthogonal_chain(chain_.blocks(), layer_scales(options.scale, options.factor_scales, options.depth),
                                context.stream)),
        decay_(options.decay) {}

  std::vector<Block> blocks() const override { return chain_.blocks(); }
  Index rank() const override { return chain_.rank(); }
  Sides sides(Blocks wanted) const override { return chain_.sides(wanted); }
  Factors start() const override { return start_; }
  void expand(const Factors& point, LowRank& X) const override { chain_.expand(point, X); }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    chain_.pull_back(point, gradient_of_X, wanted, gradient);
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    chain_.push_forward(point, direction, dX);
  }
  Factors from_svd(const Svd& svd) const override { return chain_.from_svd(svd); }
  Real add_penalty(const Factors& point, Blocks wanted, Factors* gradient) const override {
    if (decay_ == 0) return 0;
    for (Index l = 0; gradient && l < point.size(); ++l)
      if (wanted.has(l)) (*gradient)[l] += decay_ * point[l];
    return decay_ / 2 * dot(point, point);
  }

 private:
  static std::vector<Index> widths(const Options& options, Shape shape) {
    std::vector<Index> inner = options.widths;
    if (options.width && !inner.empty()) throw Unsuitable("needs either 'width' or 'widths', and not both");
    if (inner.empty()) inner.resize(options.depth - 1, options.width.value_or(std::min(shape.rows, shape.cols)));
    if (inner.size() != options.depth - 1)
      throw Unsuitable("needs one of 'widths' for each of the " + std::to_string(options.depth - 1) +
                       " places between its factors, but has " + std::to_string(inner.size()));
    inner.insert(inner.begin(), shape.cols);
    inner.push_back(shape.rows);
    return inner;
  }

  MatrixChain chain_;
  Factors start_;
  Real decay_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, DeepChain, "deep_chain", "X = W_L ⋯ W_1, a product of many factors",
                 "arora2019, yaras2023")
