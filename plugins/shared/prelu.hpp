// Two-layer networks of polynomial rectifiers, pReLU (Min & Vidal, ICML 2024):
//   f(x) = Σ_j v_j max(0, ⟨w_j, x⟩)^p/‖w_j‖^{p−1},  W = [w_1 … w_h]: D × h, v: h × 1, p = 1: ReLU,
// their data, classes that are made of orthogonal subclasses, and the attack on them in a ball around each sample. A
// neuron w_j = 0 gives nothing, and the derivative of max(0, ·) at 0 is 0.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/plugin/plugin.hpp"
#include "plugins/shared/class_groups.hpp"

namespace tightrope {

/// A network at given W and v, which outlives it.
struct PolynomialRectifiers {
  const Mat& v;
  Index p;
  Mat units;           // w_j/‖w_j‖, D × h
  Vec norms, weights;  // ‖w_j‖ and v_j ‖w_j‖
  PolynomialRectifiers(const Mat& W, const Mat& of_v, Index power)
      : v(of_v), p(power), units(arma::normalise(W)), norms(arma::sqrt(arma::sum(W % W, 0)).t()), weights(v % norms) {}

  /// For samples X, D × n: u_ji = max(0, ⟨w_j, x_i⟩/‖w_j‖) and their powers p − 1 (1 or 0 for p = 1), h × n.
  void activate(const Mat& X, Mat& u, Mat& power) const {
    u = units.t() * X;
    u.transform([](Real z) { return std::max<Real>(z, 0); });
    if (p == 1)
      power = arma::sign(u);
    else
      power = u;
    for (Index k = 2; k < p; ++k) power %= u;
  }
  /// f(x_i) for the samples X, and its gradients with respect to them, D × n, where `of_X` is not null.
  Vec predict(const Mat& X, Mat* of_X = nullptr) const {
    Mat u, power;
    activate(X, u, power);
    if (of_X) *of_X = units * (power.each_col() % (static_cast<Real>(p) * weights));
    return (u % power).t() * weights;
  }
  /// Σ exp(−y_i f(x_i)), and its gradients with respect to W and v, where these are not null.
  Real exponential_loss(const Mat& X, const Vec& y, Mat* of_W, Mat* of_v) const {
    Mat u, power;
    activate(X, u, power);
    u %= power;  // u^p
    const Vec losses = arma::exp(-y % (u.t() * weights)), slopes = -y % losses, sums = u * slopes;
    if (of_W) {  // ∂f/∂w_j = v_j (p u^{p−1} x − (p − 1) u^p w_j/‖w_j‖)
      power.each_row() %= slopes.t();
      *of_W = static_cast<Real>(p) * X * power.t() - static_cast<Real>(p - 1) * (units.each_row() % sums.t());
      of_W->each_row() %= v.t();
    }
    if (of_v) *of_v = norms % sums;
    return arma::accu(losses);
  }
};

/// Samples X, D × n, and their labels y = ±1, of classes that are made of subclasses: unit vectors to the centres of
/// these, D × K, and the classes that they belong to.
struct Subclasses {
  Mat X = {};
  Vec y = {};
  Mat centres = {};
  Vec signs = {};
};

/// Around the first K unit vectors of R^D, of which the first K₁ make up class 1 and the others class −1: x = e_k +
/// N(0, α²/D I), the subclasses in turn. Or from files, whose labels are those of the subclasses.
struct SubclassOptions {
  Index dimension = 60, subclasses = 10, positive = 6;
  Real noise = 0.1;
  std::string data = {}, labels = {}, test_data = {}, test_labels = {};
  ClassGroups groups = {};
  void declare(Parameters& p) {
    p.add("dimension", dimension, between(2, 1000000), "D, of data that are made up");
    p.add("subclasses", subclasses, at_least(2), "K, of data that are made up");
    p.add("positive", positive, at_least(1), "K₁, subclasses of class 1, of data that are made up");
    p.add("noise", noise, at_least(0), "α, of data that are made up");
    p.add_file("data", data, "one sample a row, its label in the last column; made up if there is no file");
    p.add_file("labels", labels, "the labels by themselves, one for each row of `data`, which then holds none");
    p.add_file("test_data", test_data, "samples to attack, in the form of `data`; those of `data` if there is no file");
    p.add_file("test_labels", test_labels, "their labels by themselves");
    groups.declare(p);
  }

  /// Throws Unsuitable where a class would be empty, or R^D too small.
  Subclasses sampled(Index samples, const Stream& stream) const {
    if (positive >= subclasses || subclasses > dimension)
      throw Unsuitable("needs positive < subclasses ≤ dimension, but has " + std::to_string(positive) + ", " +
                       std::to_string(subclasses) + " and " + std::to_string(dimension));
    Subclasses made{noise / std::sqrt(static_cast<Real>(dimension)) * stream.normal_matrix(dimension, samples),
                    Vec(samples), arma::eye(dimension, subclasses), Vec(subclasses, arma::fill::value(-1))};
    made.signs.head(positive).ones();
    for (Index i = 0; i < samples; ++i) {
      made.X(i % subclasses, i) += 1;
      made.y[i] = made.signs[i % subclasses];
    }
    return made;
  }

  /// The samples to learn from and those to attack, as many as are asked for; of files all and, evenly spread, at most
  /// so many. Throws Unsuitable where options contradict each other, or labels are no classes.
  std::pair<Subclasses, Subclasses> load(Index samples, Index tests, const Stream& stream) const {
    if (data.empty()) {
      if (!labels.empty() || !test_data.empty() || !test_labels.empty() || groups.is_given())
        throw Unsuitable("needs a file of data for labels, test data and classes, but has none");
      return {sampled(samples, stream.child("samples")), sampled(tests, stream.child("test"))};
    }
    Vec classes, of_test;
    Subclasses training = read(data, labels, classes);
    Subclasses test = test_data.empty() ? training : read(test_data, test_labels, of_test);
    if (test.X.n_rows != training.X.n_rows)
      throw Unsuitable("needs test samples of " + std::to_string(training.X.n_rows) + " numbers, but has " +
                       std::to_string(test.X.n_rows));
    const Index n = test.y.n_elem, count = std::min(tests, n);
    const arma::uvec spread = arma::regspace<arma::uvec>(0, count - 1) * n / count;
    const SampleScaling scaling = groups.scaling(training.X);
    test.X = test.X.cols(spread).eval();
    test.y = test.y(spread).eval();
    scaling.apply(training.X);
    scaling.apply(test.X);
    const Vec names = arma::unique(classes);
    training.centres.set_size(training.X.n_rows, names.n_elem);
    training.signs.set_size(names.n_elem);
    for (Index k = 0; k < names.n_elem; ++k) {
      const arma::uvec members = arma::find(classes == names[k]);
      training.centres.col(k) = arma::normalise(Vec(arma::mean(Mat(training.X.cols(members)), 1)));
      training.signs[k] = training.y[members[0]];
    }
    return {training, test};
  }

 private:
  /// Of a file, with the labels that it has.
  Subclasses read(const std::string& samples, const std::string& of_samples, Vec& classes) const {
    FileSamples all = read_samples(samples, of_samples);
    Subclasses result;
    result.y = groups.grouped(all.X, all.y);
    result.X = std::move(all.X);
    classes = std::move(all.y);
    if (arma::any(arma::abs(result.y) != 1))
      throw Unsuitable("needs labels 1 and -1, or positive_classes that say which become 1, but the file has others");
    return result;
  }
};

/// How samples are attacked, now and then, in balls of several radii around them: by projected gradient descent on y_i
/// f in steps of one length, from several random points of the sphere (half of them may lie where a neuron that matters
/// is dead).
struct AttackOptions {
  std::vector<Real> radii;
  Index test_samples = 200, every = 1000, starts = 4, steps = 50;
  Real step = 0.1;
  void declare(Parameters& p) {
    p.add("radii", radii, above(0), "increasing radii of balls around test samples in which these are attacked");
    p.add("test_samples", test_samples, at_least(1), "test samples");
    p.add("attack_every", every, at_least(1), "iterations from one attack to the next");
    p.add("attack_starts", starts, at_least(1), "random points of the sphere that an attack starts from");
    p.add("attack_steps", steps, at_least(1), "steps of projected gradient descent from each of them");
    p.add("attack_step", step, above(0), "their length");
  }
  bool is_due(Index iteration) const { return !radii.empty() && iteration > 0 && iteration % every == 0; }

  /// Points within `radius` of the samples, D × n, at which the network is wrong, y_i f ≤ 0, where such are found.
  Mat attacked(const PolynomialRectifiers& network, const Subclasses& data, Real radius, const Stream& stream) const {
    const Mat& X = data.X;
    Mat moved = X, slope;
    arma::uvec standing = arma::regspace<arma::uvec>(0, 1, X.n_cols - 1);
    for (Index t = 0; t < starts * (steps + 1) && !standing.is_empty(); ++t) {
      Mat away;
      if (t % (steps + 1) == 0) {
        const Stream start = stream.child(std::to_string(t / (steps + 1)));
        away = radius * arma::normalise(Mat(start.normal_matrix(X.n_rows, X.n_cols).cols(standing)));
      } else {
        Mat downhill = arma::normalise(slope);
        downhill.each_row() %= -step * data.y(standing).t();
        away = moved.cols(standing) - X.cols(standing) + downhill;
      }
      for (Index i = 0; i < away.n_cols; ++i)
        away.col(i) *= std::min<Real>(1, radius / frobenius_norm(Mat(away.col(i))));
      moved.cols(standing) = X.cols(standing) + away;
      const arma::uvec still = arma::find(data.y(standing) % network.predict(moved.cols(standing), &slope) > 0);
      standing = standing(still).eval();
      slope = slope.cols(still).eval();
    }
    return moved;
  }
  /// Share of the samples of which no such point is found, for each radius.
  std::vector<Real> robust_accuracies(const PolynomialRectifiers& network, const Subclasses& data,
                                      const Stream& stream) const {
    std::vector<Real> shares;
    for (const Real radius : radii) {
      const arma::uvec right = arma::find(network.predict(attacked(network, data, radius, stream)) % data.y > 0);
      shares.push_back(static_cast<Real>(right.n_elem) / static_cast<Real>(data.y.n_elem));
    }
    return shares;
  }
};

/// Where a curve through (radii_i, shares_i), 1 at radius 0 and straight in between, first falls to one half; NaN if it
/// does not.
inline Real half_radius(const std::vector<Real>& radii, const std::vector<Real>& shares) {
  Real radius = 0, share = 1;
  for (std::size_t i = 0; i < radii.size(); ++i) {
    if (shares[i] <= 0.5) return radius + (radii[i] - radius) * (share - 0.5) / (share - shares[i]);
    radius = radii[i];
    share = shares[i];
  }
  return std::nan("");
}

}  // namespace tightrope
