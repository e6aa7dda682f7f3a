// X = V Wᵀ with one mistake, for tests of the conformance suite: it must find each, and say what it is.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public FactorizationModel {
 public:
  struct Options {
    std::string mistake = "none";
    Real weight = 0;
    void declare(Parameters& p) {
      p.add(
          "mistake", mistake, std::vector<std::string>{},
          "no_metric, sides, metric, metric_shape, gradient_shape, retract_shape, retract, transport, penalty, "
          "penalty_overwrites, start, gradient, push_forward, svd, semidefinite, metric_sign, metric_turned, "
          "metric_spreads, halved: the gradient, forgotten: a block of it, swapped: columns of it, flat: it throws for "
          "a single row, shared: a buffer of all objects");
      p.add("weight", weight, at_least(0), "λ of the penalty (λ/8)‖VᵀV − WᵀW‖_F²");
    }
  };
  Wrong(const Options& options, const Context& context)
      : shape_(context.shape), mistake_(options.mistake), weight_(options.weight) {}

  std::vector<Block> blocks() const override { return {{"V", shape_.rows, 2}, {"W", shape_.cols, 2}}; }
  Index rank() const override { return 2; }
  Sides sides(Blocks wanted) const override { return {wanted.has(0), wanted.has(1) && mistake_ != "sides"}; }
  void expand(const Factors& point, LowRank& X) const override {
    static Mat first;
    if (mistake_ == "flat" && shape_.rows == 1) throw std::out_of_range("there is no second row");
    if (mistake_ == "shared" && arma::size(first) != arma::size(point[0])) first = point[0];
    X.left = mistake_ == "shared" ? first : point[0];
    X.right = point[1];
  }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, point);
    if (wanted.has(0)) gradient[0] = gradient_of_X.left;
    if (wanted.has(1)) gradient[1] = gradient_of_X.right;
    if (mistake_ == "gradient_shape") arma::inplace_trans(gradient[1]);
    if (mistake_ == "gradient") gradient[0] *= 1.001;
    if (mistake_ == "halved") gradient[1] *= 0.5;
    if (mistake_ == "forgotten") gradient[1].zeros();
    if (mistake_ == "swapped") gradient[0].swap_cols(0, 1);
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX = {arma::join_rows(direction[0], point[0]), arma::join_rows(point[1], direction[1])};
    if (mistake_ == "push_forward") dX = {direction[0], point[1]};
  }
  bool is_semidefinite() const override { return mistake_ == "semidefinite"; }
  Factors from_svd(const Svd& svd) const override {
    const LowRank X = balanced(truncated(svd, 2));
    return {{X.left, mistake_ == "svd" ? Mat(-X.right) : X.right}};
  }
  void precondition(const Factors& point, Real damping, const Factors& gradient, Factors& direction) const override {
    if (mistake_ == "no_metric") FactorizationModel::precondition(point, damping, gradient, direction);
    direction = {{gram_solve(point[1], damping, gradient[0]), gram_solve(point[0], damping, gradient[1])}};
    if (mistake_ == "metric_sign") direction[0] *= -1;
    if (mistake_ == "metric_turned") direction[0] = direction[0] * Mat{{1, 0.1}, {-0.1, 1}};
    if (mistake_ == "metric_spreads") direction[0] += gradient[1](0, 0);
    if (mistake_ == "metric") direction[0].fill(arma::datum::nan);
    if (mistake_ == "metric_shape") direction.blocks.pop_back();
  }
  void retract(const Factors& point, Real step, const Factors& direction, Factors& next) const override {
    FactorizationModel::retract(point, step, direction, next);
    if (mistake_ == "retract_shape") next[0].resize(shape_.rows + 1, 2);
    if (mistake_ == "retract") add_scaled(next, 0.01 * step, direction);
  }
  void transport(const Factors&, const Factors&, Factors& vector) const override {
    if (mistake_ == "transport") vector[0] = arma::abs(vector[0]);
  }
  Real add_penalty(const Factors& point, Blocks wanted, Factors* gradient) const override {
    const Mat B = point[0].t() * point[0] - point[1].t() * point[1];
    const Real factor = weight_ / (mistake_ == "penalty" ? 4 : 2);
    if (gradient && mistake_ == "penalty_overwrites") assign_zeros_like(*gradient, point);
    if (gradient && wanted.has(0)) (*gradient)[0] += factor * point[0] * B;
    if (gradient && wanted.has(1)) (*gradient)[1] -= factor * point[1] * B;
    return weight_ / 8 * arma::accu(B % B);
  }
  Factors start() const override {
    if (mistake_ == "start") return {{Mat(shape_.rows, 2, arma::fill::ones)}};
    return {{Mat(shape_.rows, 2, arma::fill::ones), Mat(shape_.cols, 2, arma::fill::ones)}};
  }

 private:
  Shape shape_;
  std::string mistake_;
  Real weight_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, Wrong, "wrong", "a model with a mistake, for tests")
