// A two-layer ReLU network without biases on labelled data (Min, Mallada & Vidal, ICLR 2024):
//   h(x) = Σ_j v_j max(0, ⟨x, w_j⟩),  f(W, v) = Σ_i ℓ(y_i, h(x_i)),  W = [w_1 … w_h]: D × h, v: h × 1,
// a sum and no mean, with exponential ℓ = exp(−y h), logistic ℓ = log(1 + exp(−y h)) or least_squares ℓ = (h − y)²/2.
// The derivative of max(0, ·) at 0 is 0. A gradient flow conserves v_j² − ‖w_j‖². From a small start the neurons first
// turn, those with v_j > 0 towards x₊ = Σ_{y_i > 0} x_i and those with v_j < 0 towards x₋, and only then grow.
#include "plugins/shared/labelled.hpp"

namespace {

using namespace tightrope;

class TwoLayerRelu final : public Problem {
 public:
  struct Options {
    Index width = 0;
    std::string loss = "exponential";
    LabelledOptions data;
    ClassGroups groups;
    std::optional<Real> angle;
    Real scale = 1e-3;
    void declare(Parameters& p) {
      p.add("width", width, between(1, 1000000), "h, the number of neurons").required().example("50");
      p.add("loss", loss, {"exponential", "logistic", "least_squares"}, "ℓ; the first two ask for labels 1 and -1");
      data.declare(p);
      groups.declare(p);
      p.add("angle", angle, between(-1, 1),
            "μ, for the two samples (1, 0) and (sin μ, cos μ) of class 1 and no others");
      p.add("scale", scale, above(0), "ε of its own start, W = ε N with standard normal N and v_j = ±‖w_j‖");
    }
  };
  TwoLayerRelu(const Options& options, const Context& context)
      : options_(options),
        loss_(label_loss(options.loss)),
        stream_(context.stream),
        data_(options.angle ? two_samples(options) : options.data.load(context.stream)) {
    if (options.groups.is_given() && options.data.data.empty())
      throw Unsuitable("needs a file of data for its classes, but has none");
    data_.y = options.groups.grouped(data_.X, data_.y);
    options.groups.scaling(data_.X).apply(data_.X);
    if (!data_.has_classes() && loss_ != LabelLoss::least_squares)
      throw Unsuitable("needs labels 1 and -1 for the " + options.loss + " loss, but the data have others");
  }

  std::vector<Block> blocks() const override {
    return {{"W", data_.X.n_rows, options_.width}, {"v", options_.width, 1}};
  }
  Index samples() const override { return data_.y.n_elem; }

  Factors start() const override {
    const Mat W = options_.scale * stream_.child("start/W").normal_matrix(data_.X.n_rows, options_.width);
    const Mat signs = arma::sign(stream_.child("start/signs").normal_matrix(options_.width, 1));
    return {{W, signs % arma::sqrt(arma::sum(arma::square(W), 0)).t()}};
  }

  Real evaluate(const Factors& point, Rows rows, Blocks wanted, Factors* gradient) const override {
    const auto of = [&](Index b) { return gradient && wanted.has(b) ? &(*gradient)[b] : nullptr; };
    return price_of_rectifiers(loss_, data_, rows, point[0], point[1], of(0), of(1));
  }

  std::vector<Column> columns() const override {
    std::vector<Column> all = {
        {"stable_rank", "‖W‖_F²/‖W‖²", 0, false},
        {"accuracy", "share of the samples with y_i h(x_i) > 0", 0, false},
        {"alignment", "smallest cosine between a neuron that is not dead and x₊ or x₋, by the sign of v_j", 0, false},
        {"in_cone", "share of these neurons that are active on all samples of that class and on no others", 0, false}};
    if (!data_.has_classes()) all.resize(1);
    return all;
  }

  void observe(const Iterate& at, std::span<Real> values) const override {
    values[0] = stable_rank(at.point[0]);
    if (values.size() == 1) return;
    const Alignment seen = alignment_of(data_, at.point[0], at.point[1]);
    values[1] = seen.accuracy;
    values[2] = seen.cosine;
    values[3] = seen.share_in_cone;
  }

 private:
  static Labelled two_samples(const Options& options) {
    const LabelledOptions& data = options.data;
    if (!data.data.empty() || !data.labels.empty() || data.samples || data.dimension || data.separation)
      throw Unsuitable("has an angle for two samples, and other options of the data for others");
    const Real mu = *options.angle;
    return {Mat{{1, std::sin(mu)}, {0, std::cos(mu)}}, Vec{1, 1}};
  }

  Options options_;
  LabelLoss loss_;
  Stream stream_;
  Labelled data_;
};

}  // namespace

TIGHTROPE_PLUGIN(Problem, TwoLayerRelu, "two_layer_relu", "a two-layer ReLU network on labelled data", "min2024")
