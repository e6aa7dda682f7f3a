// The first phase of gradient descent from a small start, in which f is linear in X and the factors therefore evolve
// linearly: with M = −A*(∂ℓ/∂z at z = 0), which is A*(y) for ½‖A(X) − y‖², about X*,
//   [V; W]⁺ = (I + μ [0 M; Mᵀ 0]) [V; W]
// (Stöger & Soltanolkotabi, NeurIPS 2021; Soltanolkotabi, Stöger & Xie, COLT 2023). Along the singular pair u, v of M
// with the singular value σ, uᵀV + vᵀW grows by the factor 1 + μσ in each step and uᵀV − vᵀW shrinks by 1 − μσ; along a
// gradient flow they do so as exp(±σ time). U Uᵀ is the case V = W = U, with M made symmetric and 2μ for μ.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class LinearPhase final : public Observer {
 public:
  struct Options {
    Index count = 3;
    std::string matrix = "data", growth = "steps";
    void declare(Parameters& p) {
      p.add("count", count, between(1, 1000), "how many singular values");
      p.add("matrix", matrix, {"data", "truth"}, "data: M of the run, entry by entry; truth: its multiple of X*");
      p.add("growth", growth, {"steps", "flow"}, "by (1 + μσ)^t after t steps of mean length μ, or exp(σ time)");
    }
  };
  LinearPhase(const Options& options, const Context& context) : is_flow_(options.growth == "flow") {
    const Factors& start = context.start();
    const Index last = start.size() - 1;
    LowRank X;
    context.model().expand(start, X);
    const auto differ = [](const Mat& a, const Mat& b) { return size(a) != size(b) || any(vectorise(a != b)); };
    if (last > 1 || differ(X.left, start[0]) || differ(X.right, start[last]))
      throw Unsuitable("needs the model V Wᵀ or U Uᵀ, but this model has another X at its start");
    const Svd M = matrix(options, context, last == 0);
    count_ = std::min({options.count, context.shape.rows, context.shape.cols});
    sigma_ = (last == 0 ? 2 : 1) * M.values;
    plus_ = (M.left.t() * X.left + M.right.t() * X.right) / 2;
    minus_ = (M.left.t() * X.left - M.right.t() * X.right) / 2;
    rest_ = {rest(X.left, M.left), rest(X.right, M.right)};
    // The phase is over when X has half the length that fits the data best along the leading pair.
    Vec z;
    context.sensing().forward({M.left.col(0), M.right.col(0)}, z);
    end_ = std::abs(arma::dot(z, context.data()) / arma::dot(z, z)) / 2;
  }

  std::vector<Column> columns() const override {
    std::vector<Column> columns;
    for (Index i = 1; i <= count_; ++i) {
      const std::string sigma = "sigma_" + std::to_string(i);
      columns.push_back({sigma + "_theory", "what " + sigma + " is as long as f is linear in X", 0, true, sigma});
    }
    return columns;
  }

  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const auto t = static_cast<Real>(seen.iterate.iteration);
    const Vec step = sigma_ * (t > 0 ? seen.iterate.time / t : 0);
    const Vec grown = is_flow_ ? Vec(arma::exp(t * step)) : Vec(arma::pow(1 + step, t));
    const Vec shrunk = is_flow_ ? Vec(arma::exp(-t * step)) : Vec(arma::pow(1 - step, t));
    const Mat a = plus_.each_col() % grown, b = minus_.each_col() % shrunk;
    const Vec sigma = singular_values(LowRank{arma::join_cols(a + b, rest_.left), arma::join_cols(a - b, rest_.right)});
    for (Index i = 0; i < count_; ++i) values[i] = !(sigma[0] <= end_) ? std::nan("") : i < sigma.n_elem ? sigma[i] : 0;
  }

 private:
  static Svd matrix(const Options& options, const Context& context, bool is_symmetric) {
    const Vec& y = context.data();
    const Vec zero(y.n_elem, arma::fill::zeros);
    Vec slope = zero;
    context.loss().evaluate(0, {zero.memptr(), zero.n_elem}, {y.memptr(), y.n_elem}, {slope.memptr(), slope.n_elem});
    if (options.matrix == "truth") {
      Svd M = context.truth().svd;
      M.values *= -arma::dot(slope, y) / arma::dot(y, y);
      return M;
    }
    Mat M;
    context.sensing().adjoint_times(-slope, arma::eye(context.shape.cols, context.shape.cols), M);
    if (is_symmetric) M = (M + M.t()) / 2;
    return svd(M);
  }

  /// What M does not see of a factor, as a matrix with the same Gram matrix.
  static Mat rest(const Mat& factor, const Mat& basis) {
    Mat Q, R;
    arma::qr_econ(Q, R, factor - basis * (basis.t() * factor));
    return R;
  }

  bool is_flow_;
  Index count_ = 0;
  Vec sigma_;
  Mat plus_, minus_;
  LowRank rest_;
  Real end_ = 0;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, LinearPhase, "linear_phase",
                 "theory of sigma_1, sigma_2, … in the linear phase of gradient descent from a small start",
                 "stoger2021, soltanolkotabi2023")
