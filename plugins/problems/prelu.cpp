// A two-layer network of polynomial rectifiers without biases, pReLU (Min & Vidal, ICML 2024):
//   h(x) = Σ_j v_j max(0, ⟨w_j, x⟩)^p/‖w_j‖^{p−1},  f(W, v) = (1/n) Σ_i exp(−y_i h(x_i)),  W = [w_1 … w_h]: D × h,
// on samples x = e_k + N(0, α²/D I) of K orthogonal subclasses, the first K₁ of class y = 1, the others of class −1, or
// on samples from files, whose classes are made into two.
// For p = 1 (ReLU) neurons learn the sums of the subclasses of a class, for p ≥ 3 each of them one subclass. A change
// of x that turns the sign of h then takes 1/√K for p = 1, but √½ for p ≥ 3, where no classifier can do better.
#include "plugins/shared/prelu.hpp"
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class PReLU final : public Problem {
 public:
  struct Options {
    Index width = 0, power = 1, samples = 400;
    Real scale = 1e-7;
    SubclassOptions data;
    AttackOptions attack;
    void declare(Parameters& p) {
      p.add("width", width, between(1, 1000000), "h, the number of neurons").required().example("20");
      p.add("power", power, between(1, 20), "p");
      p.add("samples", samples, at_least(1), "n, the subclasses in turn, of data that are made up");
      data.declare(p);
      p.add("scale", scale, above(0), "standard deviation of the entries of its own start");
      attack.declare(p);
    }
  };
  PReLU(const Options& options, const Context& context) : o_(options), stream_(context.stream) {
    std::tie(data_, test_) = o_.data.load(o_.samples, o_.attack.test_samples, stream_);
    if (!std::is_sorted(o_.attack.radii.begin(), o_.attack.radii.end())) throw Unsuitable("needs radii that increase");
  }

  std::vector<Block> blocks() const override { return {{"W", data_.X.n_rows, o_.width}, {"v", o_.width, 1}}; }
  Index samples() const override { return data_.y.n_elem; }
  Factors start() const override {
    return {{o_.scale * stream_.child("start/W").normal_matrix(data_.X.n_rows, o_.width),
             o_.scale * stream_.child("start/v").normal_matrix(o_.width, 1)}};
  }

  Real evaluate(const Factors& point, Rows rows, Blocks wanted, Factors* gradient) const override {
    const PolynomialRectifiers network(point[0], point[1], o_.power);
    const auto of = [&](Index b) { return gradient && wanted.has(b) ? &(*gradient)[b] : nullptr; };
    const arma::span some(rows.first, rows.end() - 1);
    const Real n = Real(data_.y.n_elem),
               sum = network.exponential_loss(data_.X.cols(some), data_.y(some), of(0), of(1));
    if (gradient) scale(*gradient, 1 / n);
    return sum / n;
  }

  std::vector<Column> columns() const override {
    std::vector<Column> all = {
        {"class_mean_cosine",
         "mean cosine of w_j and the sum of the centres of class sign(v_j), by the weights |v_j|‖w_j‖", 0, false},
        {"centre_cosine", "mean of the largest cosine of w_j and a centre of this class, by these weights", 0, false}};
    if (o_.attack.radii.empty()) return all;
    all.insert(all.end(), {{"half_radius", "where the robust accuracy falls to one half", 20, false},
                           {"half_radius_theory", "1/√K for p = 1, √½ for p ≥ 3", 0, false, "half_radius"}});
    for (Index i = 1; i <= o_.attack.radii.size(); ++i)
      all.push_back({"robust_accuracy_" + std::to_string(i), "share right all over the i-th ball", 0, false});
    return all;
  }

  void observe(const Iterate& at, std::span<Real> values) const override {
    const PolynomialRectifiers network(at.point[0], at.point[1], o_.power);
    const Vec weights = arma::abs(network.weights) / arma::accu(arma::abs(network.weights));
    const Mat cosines = data_.centres.t() * network.units;  // K × h
    values[0] = values[1] = 0;
    for (const Real sign : {1.0, -1.0}) {
      const arma::uvec side = arma::find(data_.signs == sign), neurons = arma::find(at.point[1] * sign > 0);
      if (side.is_empty() || neurons.is_empty()) continue;
      const Mat seen = cosines(side, neurons);
      const Real length = frobenius_norm(arma::sum(Mat(data_.centres.cols(side)), 1));
      values[0] += arma::dot(weights(neurons), arma::sum(seen, 0)) / length;
      values[1] += arma::dot(weights(neurons), arma::max(seen, 0));
    }
    if (!o_.attack.is_due(at.iteration)) return;
    const std::vector<Real> shares = o_.attack.robust_accuracies(network, test_, stream_.child("attack"));
    values[2] = half_radius(o_.attack.radii, shares);
    if (o_.data.data.empty() && o_.power != 2)
      values[3] = o_.power == 1 ? 1 / std::sqrt(Real(o_.data.subclasses)) : std::sqrt(0.5);
    std::copy(shares.begin(), shares.end(), values.begin() + 4);
  }

 private:
  Options o_;
  Stream stream_;
  Subclasses data_, test_;
};

}  // namespace

TIGHTROPE_PLUGIN(Problem, PReLU, "prelu", "a two-layer pReLU network on orthogonal subclasses", "min2024robustness")
