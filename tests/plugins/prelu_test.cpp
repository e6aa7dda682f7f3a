// The pReLU network: its formulae, the attack on it, and what Min & Vidal (2024) say about both.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/arrays/matrices.hpp"
#include "core/store/files/files.hpp"
#include "plugins/shared/prelu.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

constexpr Index D = 7, h = 5;

Context context() { return {Shape{}, Stream(2, "problem"), std::make_shared<const Team>(1)}; }

std::shared_ptr<const Problem> network(Index power, const std::string& more = "samples: 23") {
  return made<Problem>(
      "prelu",
      fmt::format("{{width: {}, power: {}, dimension: {}, subclasses: 5, positive: 3, {}}}", h, power, D, more),
      context());
}

Factors random_point() { return {{Stream(3, "W").normal_matrix(D, h), Stream(3, "v").normal_matrix(h, 1)}}; }

Factors zeros() { return {{Mat(D, h, arma::fill::zeros), Mat(h, 1, arma::fill::zeros)}}; }

Real output(const Factors& point, const Vec& x, Real p) {
  Real f = 0;
  for (Index j = 0; j < h; ++j) {
    Real inner = 0, square = 0;
    for (Index d = 0; d < D; ++d) {
      inner += point[0](d, j) * x[d];
      square += point[0](d, j) * point[0](d, j);
    }
    if (inner > 0) f += point[1][j] * std::pow(inner, p) / std::pow(std::sqrt(square), p - 1);
  }
  return f;
}

/// f_p(x) = Σ_k ±max(0, x_k)^p itself as a network of 2K neurons, and for p = 1 that of the two class means.
struct Limit {
  Mat W, v;
  Limit(Index dimension, Index K, Index K1, Index p) {
    if (p == 1) {
      W = Mat(dimension, 2, arma::fill::zeros);
      W.col(0).head(K1).ones();
      W.col(1).subvec(K1, K - 1).ones();
      v = Mat(Vec{1, -1});
    } else {
      W = arma::eye(dimension, K);
      v = Mat(K, 1, arma::fill::ones);
      v.tail_rows(K - K1) *= -1;
    }
  }
};

/// Numbers in a file.
struct File {
  std::filesystem::path path;
  File(const std::string& name, const std::string& bytes)
      : path(std::filesystem::temp_directory_path() / fmt::format("tightrope-prelu-{}-{}", getpid(), name)) {
    write_atomically(path, bytes);
  }
  ~File() { std::filesystem::remove(path); }
  std::string text() const { return path.string(); }
};

std::string refusal(const std::string& yaml) {
  try {
    made<Problem>("prelu", yaml, context());
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("prelu: the value is the mean exponential loss of the formula, on samples of subclasses in turn") {
  const SubclassOptions options{D, 5, 3, 0.1};
  const Subclasses data = options.sampled(23, context().stream.child("samples"));
  for (const Index p : {Index{1}, Index{2}, Index{3}, Index{6}}) {
    Real sum = 0;
    for (Index i = 0; i < 23; ++i) {
      CHECK(data.y[i] == (i % 5 < 3 ? 1 : -1));
      sum += std::exp(-data.y[i] * output(random_point(), data.X.col(i), static_cast<Real>(p)));
    }
    CHECK(network(p)->evaluate(random_point(), {0, 23}, Blocks::all(), nullptr) ==
          doctest::Approx(sum / 23).epsilon(1e-13));
  }
  // Noise of α²/D in each of the D directions: of length α in the mean.
  const Subclasses many = options.sampled(20000, Stream(4, "many"));
  Real squares = 0;
  for (Index i = 0; i < 20000; ++i) {
    Vec noise = many.X.col(i);
    noise[i % 5] -= 1;
    squares += arma::dot(noise, noise) / 20000;
  }
  CHECK(squares == doctest::Approx(0.01).epsilon(0.02));
}

TEST_CASE("prelu: gradients by W, by v and by samples are those of differences") {
  const Factors point = random_point();
  const Mat X = Stream(6, "X").normal_matrix(D, 4);
  const Real step = 1e-6;
  for (const Index p : {Index{1}, Index{2}, Index{3}, Index{5}}) {
    const auto problem = network(p);
    for (Index b = 0; b < 2; ++b) {
      Factors gradient = zeros();
      problem->evaluate(point, {2, 17}, Blocks::only(b), &gradient);
      CHECK(frobenius_norm(gradient[1 - b]) == 0);
      for (Index e = 0; e < point[b].n_elem; ++e) {
        Factors above = point, below = point;
        above[b][e] += step;
        below[b][e] -= step;
        const Real slope = (problem->evaluate(above, {2, 17}, Blocks::none(), nullptr) -
                            problem->evaluate(below, {2, 17}, Blocks::none(), nullptr)) /
                           (2 * step);
        CHECK(gradient[b][e] == doctest::Approx(slope).epsilon(1e-5).scale(frobenius_norm(gradient[b])));
      }
    }
    Mat of_X;
    const Vec f = PolynomialRectifiers(point[0], point[1], p).predict(X, &of_X);
    for (Index i = 0; i < X.n_cols; ++i) {
      CHECK(f[i] == doctest::Approx(output(point, X.col(i), static_cast<Real>(p))).epsilon(1e-12));
      for (Index d = 0; d < D; ++d) {
        Vec above = X.col(i), below = X.col(i);
        above[d] += step;
        below[d] -= step;
        const Real q = static_cast<Real>(p), slope = (output(point, above, q) - output(point, below, q)) / (2 * step);
        CHECK(of_X(d, i) == doctest::Approx(slope).epsilon(1e-6).scale(frobenius_norm(of_X)));
      }
    }
  }
}

TEST_CASE("prelu: scaling a neuron scales its part, gradient flow keeps v_j² − ‖w_j‖², and a neuron of 0 is none") {
  for (const Index p : {Index{1}, Index{3}}) {
    const auto problem = network(p);
    Factors point = random_point(), gradient = zeros();
    problem->evaluate(point, {0, 23}, Blocks::all(), &gradient);
    for (Index j = 0; j < h; ++j)
      CHECK(arma::dot(gradient[0].col(j), point[0].col(j)) ==
            doctest::Approx(gradient[1][j] * point[1][j]).epsilon(1e-12));
    Factors scaled = point;
    scaled[0] *= 5;
    scaled[1] /= 5;
    CHECK(problem->evaluate(scaled, {0, 23}, Blocks::none(), nullptr) ==
          doctest::Approx(problem->evaluate(point, {0, 23}, Blocks::none(), nullptr)).epsilon(1e-12));
    point[0].col(2).zeros();
    gradient = zeros();
    CHECK(std::isfinite(problem->evaluate(point, {0, 23}, Blocks::all(), &gradient)));
    CHECK(gradient[1][2] == 0);
    CHECK(arma::norm(gradient[0].col(2)) == 0);
  }
}

TEST_CASE("prelu: an attack never leaves the ball, and ends where the network is wrong or the ball does") {
  const Index K = 10, K1 = 6, dimension = 30;
  const Subclasses data = SubclassOptions{dimension, K, K1, 0.1}.sampled(40, Stream(1, "samples"));
  for (const Index p : {Index{1}, Index{3}}) {
    const Limit limit(dimension, K, K1, p);
    const PolynomialRectifiers network(limit.W, limit.v, p);
    REQUIRE(Vec(network.predict(data.X) % data.y).min() > 0);
    for (const Real radius : {0.05, 0.3, 0.8}) {
      const Mat moved = AttackOptions().attacked(network, data, radius, Stream(7, "attack"));
      const Vec before = network.predict(data.X) % data.y, after = network.predict(moved) % data.y;
      for (Index i = 0; i < 40; ++i) {
        CHECK(arma::norm(moved.col(i) - data.X.col(i)) <= radius * (1 + 1e-12));
        CHECK(after[i] < before[i]);
      }
    }
  }
}

TEST_CASE("prelu: centres of the limits are fooled from 1/√K on, and from √½ on, and not before") {
  const Index K = 10, K1 = 6, dimension = 30;
  const Subclasses centres = SubclassOptions{dimension, K, K1, 0}.sampled(2 * K, Stream(1, "samples"));
  for (const Index p : {Index{1}, Index{3}, Index{4}}) {
    const Real edge = p == 1 ? 1 / std::sqrt(static_cast<Real>(K)) : std::sqrt(0.5);
    const Limit limit(dimension, K, K1, p);
    const PolynomialRectifiers network(limit.W, limit.v, p);
    AttackOptions options;
    options.radii = {0.98 * edge, 1.03 * edge};
    options.starts = 20;
    options.steps = 300;
    options.step = 0.01;
    const std::vector<Real> shares = options.robust_accuracies(network, centres, Stream(7, "attack"));
    CAPTURE(p);
    CHECK(shares[0] == 1);
    if (p < 4) CHECK(shares[1] == 0);  // for p = 4 slopes vanish on the way, and some attacks are stuck
  }
}

TEST_CASE("prelu: where a curve falls to one half") {
  CHECK(half_radius({0.2, 0.4}, {0.9, 0.1}) == doctest::Approx(0.3));
  CHECK(half_radius({0.2, 0.4}, {0, 0}) == doctest::Approx(0.1));
  CHECK(half_radius({0.2, 0.3, 0.4}, {1, 0.5, 0}) == doctest::Approx(0.3));
  CHECK(std::isnan(half_radius({0.2, 0.4}, {0.9, 0.6})));
}

TEST_CASE("prelu: columns at the limits, attacks now and then, and refusals") {
  const std::string yaml =
      "problem: {type: prelu, width: 12, dimension: 12, samples: 30, test_samples: 10, radii: [0.1, 0.5], "
      "attack_every: "
      "4, attack_starts: 1, attack_steps: 3}\ninitialization: of_model\noptimizer: {type: gradient_descent, step: "
      "0.2}\nstop: "
      "{iterations: 8}\n";
  const auto lane = run_one(yaml);
  for (Index t = 0; t <= 8; ++t) CHECK(std::isnan(at(*lane, "robust_accuracy_1", t)) == (t == 0 || t % 4 != 0));

  const auto problem = network(3);
  Iterate iterate;
  iterate.point = zeros();
  for (Index j = 0; j < 5; ++j) {
    iterate.point[0](j, j) = 2;
    iterate.point[1][j] = j < 3 ? 1 : -1;
  }
  std::vector<Real> values(2);
  problem->observe(iterate, values);
  CHECK(values[0] == doctest::Approx((3 / std::sqrt(3.0) + 2 / std::sqrt(2.0)) / 5));
  CHECK(values[1] == doctest::Approx(1));

  CHECK(refusal("{width: 3, subclasses: 4, positive: 4}").find("needs positive < subclasses") != std::string::npos);
  CHECK(refusal("{width: 3, dimension: 9}").find("≤ dimension, but has 6, 10 and 9") != std::string::npos);
  CHECK(refusal("{width: 3, radii: [0.5, 0.2]}").find("needs radii that increase") != std::string::npos);
}

TEST_CASE("prelu: samples from files, their classes made into two, at the scale of those to learn from") {
  // Twelve samples of classes 0, 1, 2, 3 in turn, as rows; 3 is left out.
  const Mat rows = 40 * Stream(8, "rows").normal_matrix(12, D) + 100,
            others = 40 * Stream(9, "rows").normal_matrix(6, D) + 100;
  std::string labels = "label\n";
  for (Index i = 0; i < 12; ++i) labels += fmt::format("{}\n", i % 4);
  const File data("data.npy", npy_bytes(rows)), names("labels.csv", labels);
  const File test("test.npy", npy_bytes(arma::join_rows(others, Mat(Vec{0, 1, 2, 3, 0, 1}))));
  const std::string files =
      fmt::format("data: {}, labels: {}, test_data: {}, positive_classes: [0, 2], negative_classes: [1]", data.text(),
                  names.text(), test.text());
  const auto made_of = [&](const std::string& more) {
    return made<Problem>("prelu", fmt::format("{{width: {}, power: 3, {}{}}}", h, files, more), context());
  };
  const arma::uvec kept = {0, 1, 2, 4, 5, 6, 8, 9, 10}, kept_tests = {0, 1, 2, 4, 5};
  const Vec y = {1, -1, 1, 1, -1, 1, 1, -1, 1}, of_tests = {1, -1, 1, 1, -1};
  const Factors point = random_point();
  for (const std::string scaling : {"none", "largest", "length"}) {
    Mat X = rows.rows(kept).t(), T = others.rows(kept_tests).t();
    const auto problem =
        made_of(fmt::format(", normalize: {}, centred: true, radii: [1e-9], attack_every: 1", scaling));
    REQUIRE(problem->samples() == 9);
    REQUIRE(problem->blocks()[0].rows == D);
    const Real largest = scaling == "largest" ? arma::abs(X).max() : 1;
    const Vec mean = arma::mean(Mat(X / largest), 1);
    for (Mat* samples : {&X, &T}) {
      *samples /= largest;
      samples->each_col() -= mean;
      if (scaling == "length") *samples = arma::normalise(*samples);
    }
    Real expected = 0;
    for (Index i = 0; i < 9; ++i) expected += std::exp(-y[i] * output(point, X.col(i), 3)) / 9;
    if (scaling != "none")
      CHECK(problem->evaluate(point, {0, 9}, Blocks::none(), nullptr) == doctest::Approx(expected).epsilon(1e-12));

    Iterate iterate;
    iterate.iteration = 1;
    iterate.point = point;
    std::vector<Real> values(5);
    problem->observe(iterate, values);
    // Neurons against the directions of classes 0 and 2, or of class 1.
    const Mat units = arma::normalise(point[0]);
    Real of_sums = 0, of_centres = 0, weights = 0;
    for (Index j = 0; j < h; ++j) {
      Mat centres(D, 0);
      for (const Index k : {Index{0}, Index{1}, Index{2}})
        if ((point[1][j] > 0) == (k != 1)) {
          const arma::uvec members = {k, k + 3, k + 6};  // of those that are kept
          centres = arma::join_rows(centres, arma::normalise(Vec(arma::mean(Mat(X.cols(members)), 1))));
        }
      const Real weight = std::abs(point[1][j]) * arma::norm(point[0].col(j));
      weights += weight;
      of_sums += weight * arma::dot(arma::normalise(Vec(arma::sum(centres, 1))), units.col(j));
      of_centres += weight * Vec(centres.t() * units.col(j)).max();
    }
    CHECK(values[0] == doctest::Approx(of_sums / weights).epsilon(1e-10));
    CHECK(values[1] == doctest::Approx(of_centres / weights).epsilon(1e-10));
    CHECK(std::isnan(half_radius({1e-9}, {1})));
    Real right = 0;
    for (Index i = 0; i < 5; ++i) right += of_tests[i] * output(point, T.col(i), 3) > 0 ? 0.2 : 0;
    CHECK(values[4] == doctest::Approx(right));
  }
  CHECK(made_of(", test_samples: 3, radii: [0.1]")->samples() == 9);
  // Images of 2 × 3 numbers as an array of three dimensions: format 1.0, in C's order.
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3), }";
  header += std::string(117 - header.size(), ' ') + "\n";
  const File images("images.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "abcdefghijkl"),
      signs("signs.csv", "1\n-1\n");
  const FileSamples read = read_samples(images.text(), signs.text());
  CHECK(read.X.n_rows == 6);
  CHECK(read.X(1, 0) == 'b');
  CHECK(read.X(0, 1) == 'g');

  const auto says = [&](const std::string& options, const std::string& words) {
    const std::string text = refusal(fmt::format("{{width: 3, {}}}", options));
    CHECK_MESSAGE(text.find(words) != std::string::npos, text);
  };
  const std::string plain = fmt::format("data: {}, labels: {}", data.text(), names.text());
  says(plain, "needs labels 1 and -1, or positive_classes");
  says(plain + ", positive_classes: [1, 2], negative_classes: [2]", "but 2 is among the positive and negative ones");
  says(plain + ", positive_classes: [7]", "has none of the positive");
  says(plain + ", positive_classes: [0, 1, 2, 3]", "has none of the negative");
  says("labels: " + names.text(), "needs a file of data for labels, test data and classes");
  says("centred: true", "needs a file of data for labels, test data and classes");
  const File narrow("narrow.npy", npy_bytes(rows.head_cols(3)));
  says(plain + fmt::format(", positive_classes: [0], test_data: {}, test_labels: {}", narrow.text(), names.text()),
       "needs test samples of 7 numbers, but has 3");
}
