// The two-layer ReLU network: its formulae, what gradient descent conserves, and what Min, Mallada & Vidal (2024) say.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/arrays/matrices.hpp"
#include "core/interfaces/observer.hpp"
#include "core/interfaces/problem.hpp"
#include "core/store/files/files.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"
#include "tests/support/parts.hpp"

using namespace tightrope;
using parts::same_bits;

namespace {

Context context(std::uint64_t seed = 1) { return {Shape{}, Stream(seed, "problem"), std::make_shared<const Team>(1)}; }

std::shared_ptr<const Problem> network(const std::string& yaml) {
  return made<Problem>("two_layer_relu", yaml, context());
}

/// Samples with their labels in a file.
struct File {
  std::filesystem::path path;
  explicit File(const Mat& values, const std::string& name = "samples")
      : path(std::filesystem::temp_directory_path() / fmt::format("tightrope-relu-{}-{}.npy", name, getpid())) {
    write_atomically(path, npy_bytes(values));
  }
  ~File() { std::filesystem::remove(path); }
};

/// n × (D + 1) with labels ±1, or any number.
Mat samples(Index n, Index D, bool has_classes = true) {
  Mat table = Stream(5, "samples").normal_matrix(n, D + 1);
  if (has_classes) table.col(D).transform([](Real y) { return y > 0 ? 1.0 : -1.0; });
  return table;
}

Factors random_point(Index D, Index width, std::uint64_t seed = 3) {
  return {{0.5 * Stream(seed, "W").normal_matrix(D, width), Stream(seed, "v").normal_matrix(width, 1)}};
}

Factors zeros_like(const Factors& point) {
  Factors zero;
  assign_zeros_like(zero, point);
  return zero;
}

Real prediction(const Mat& table, Index i, const Factors& point) {
  Real h = 0;
  for (Index j = 0; j < point[0].n_cols; ++j) {
    Real inner = 0;
    for (Index d = 0; d < point[0].n_rows; ++d) inner += table(i, d) * point[0](d, j);
    h += point[1][j] * (inner > 0 ? inner : 0);
  }
  return h;
}

Real loss_of(const std::string& loss, Real y, Real h) {
  return loss == "exponential" ? std::exp(-y * h)
         : loss == "logistic"  ? std::log(1 + std::exp(-y * h))
                               : (h - y) * (h - y) / 2;
}

const char* const losses[] = {"exponential", "logistic", "least_squares"};

Real observed(const Problem& problem, const Factors& point, const std::string& column) {
  const std::vector<Column> columns = problem.columns();
  std::vector<Real> values(columns.size(), std::nan(""));
  Iterate at;
  at.point = point;
  problem.observe(at, values);
  for (std::size_t c = 0; c < columns.size(); ++c)
    if (columns[c].name == column) return values[c];
  FAIL("no column " << column);
  return 0;
}

std::string refusal(const std::string& yaml) {
  try {
    network(yaml);
  } catch (const tightrope::Error& error) {
    return error.what();
  }
  return "";
}

/// The network of section 4 of the paper on a file, trained from α N as there.
std::string training(const std::string& problem, Index iterations, const std::string& more = "") {
  return fmt::format(
      "problem: {{type: two_layer_relu, width: 50, {}}}\ninitialization: {{type: small_random, scale: 1e-6, "
      "convention: entry}}\noptimizer: {{type: gradient_descent, step: 2e-3}}\nstop: {{iterations: {}}}\n{}",
      problem, iterations, more);
}

}  // namespace

TEST_CASE("two_layer_relu: value, gradient and columns are those of the formula") {
  const Mat table = samples(13, 4);
  const File file(table);
  const Factors point = random_point(4, 6);
  for (const std::string loss : losses) {
    const auto problem = network(fmt::format("{{width: 6, loss: {}, data: {}}}", loss, file.path.string()));
    REQUIRE(problem->samples() == 13);
    Real value = 0;
    Factors expected = zeros_like(point);
    for (Index i = 0; i < 13; ++i) {
      const Real y = table(i, 4), h = prediction(table, i, point);
      value += loss_of(loss, y, h);
      const Real slope = loss == "exponential" ? -y * std::exp(-y * h)
                         : loss == "logistic"  ? -y / (1 + std::exp(y * h))
                                               : h - y;
      for (Index j = 0; j < 6; ++j) {
        const Real inner = arma::dot(table.row(i).head(4), point[0].col(j));
        if (inner <= 0) continue;
        expected[1][j] += slope * inner;
        expected[0].col(j) += slope * point[1][j] * table.row(i).head(4).t();
      }
    }
    Factors gradient = zeros_like(point);
    CHECK(problem->evaluate(point, {0, 13}, Blocks::all(), &gradient) == doctest::Approx(value).epsilon(1e-13));
    for (Index b = 0; b < 2; ++b)
      CHECK(arma::norm(gradient[b] - expected[b], "fro") <= 1e-13 * arma::norm(expected[b], "fro"));
  }
  const auto problem = network(fmt::format("{{width: 6, data: {}}}", file.path.string()));
  Real right = 0;
  for (Index i = 0; i < 13; ++i) right += table(i, 4) * prediction(table, i, point) > 0 ? 1 : 0;
  CHECK(observed(*problem, point, "accuracy") == right / 13);
  const Vec sigma = arma::svd(point[0]);
  CHECK(observed(*problem, point, "stable_rank") ==
        doctest::Approx(arma::dot(sigma, sigma) / (sigma[0] * sigma[0])).epsilon(1e-12));
  CHECK(std::isnan(observed(*problem, zeros_like(point), "stable_rank")));
  CHECK(std::isnan(observed(*problem, zeros_like(point), "alignment")));
}

TEST_CASE("two_layer_relu: alignment and cones on three samples, by hand") {
  // x = (1, 0), (0, 1) of class 1 and (−1, −1) of class −1.
  const File file(Mat{{1, 0, 1}, {0, 1, 1}, {-1, -1, -1}});
  const auto problem = network(fmt::format("{{width: 4, data: {}}}", file.path.string()));
  // Along x₊ and in its cone; active on the first sample alone; along x₋; dead, wherever v points to.
  Factors point{{Mat{{1, 1, -1, 0}, {1, -2, -1, 0}}, Mat(Vec{1, 2, -3, 5})}};
  CHECK(observed(*problem, point, "in_cone") == doctest::Approx(2.0 / 3));
  CHECK(observed(*problem, point, "alignment") == doctest::Approx(-1 / std::sqrt(10.0)));
  CHECK(observed(*problem, point, "accuracy") == 1);
  point[1][1] = -2;  // the same neuron with x₋ for its direction
  CHECK(observed(*problem, point, "alignment") == doctest::Approx(1 / std::sqrt(10.0)));
  CHECK(observed(*problem, point, "accuracy") == doctest::Approx(2.0 / 3));
  point[0](1, 1) = 0.5;
  point[1][1] = 2;
  CHECK(observed(*problem, point, "in_cone") == 1);
}

TEST_CASE("two_layer_relu: the gradient is that of finite differences, block by block") {
  const Mat table = samples(17, 5);
  const File file(table);
  const Factors point = random_point(5, 7);
  const Mat inner = table.head_cols(5) * point[0];
  REQUIRE(arma::abs(inner).min() > 1e-3);  // no kink within reach
  for (const std::string loss : losses) {
    const auto problem = network(fmt::format("{{width: 7, loss: {}, data: {}}}", loss, file.path.string()));
    for (Index b = 0; b < 2; ++b) {
      Factors gradient = zeros_like(point);
      problem->evaluate(point, {0, 17}, Blocks::only(b), &gradient);
      CHECK(arma::norm(gradient[1 - b], "fro") == 0);
      for (Index e = 0; e < point[b].n_elem; ++e) {
        const Real h = 1e-5;
        Factors above = point, below = point;
        above[b][e] += h;
        below[b][e] -= h;
        const Real slope = (problem->evaluate(above, {0, 17}, Blocks::none(), nullptr) -
                            problem->evaluate(below, {0, 17}, Blocks::none(), nullptr)) /
                           (2 * h);
        CHECK(gradient[b][e] == doctest::Approx(slope).epsilon(1e-6).scale(norm(gradient)));
      }
    }
  }
}

TEST_CASE("two_layer_relu: the sums over two ranges of samples make up the whole, wherever they are cut") {
  const File file(samples(2500, 3));
  const auto problem = network(fmt::format("{{width: 4, data: {}}}", file.path.string()));
  const Factors point = random_point(3, 4);
  Factors whole = zeros_like(point);
  const Real value = problem->evaluate(point, {0, 2500}, Blocks::all(), &whole);
  for (const Index cut : {Index{1}, Index{1000}, Index{1024}, Index{2499}}) {
    Factors first = zeros_like(point), second = zeros_like(point);
    const Real sum = problem->evaluate(point, {0, cut}, Blocks::all(), &first) +
                     problem->evaluate(point, {cut, 2500 - cut}, Blocks::all(), &second);
    CHECK(sum == doctest::Approx(value).epsilon(1e-12));
    add_scaled(first, 1, second);
    add_scaled(first, -1, whole);
    CHECK(norm(first) <= 1e-12 * norm(whole));
  }
}

TEST_CASE("two_layer_relu: the two samples of an angle are those of a file, and of nothing else") {
  const Real mu = 0.3;
  const File file(Mat{{1, 0, 1}, {std::sin(mu), std::cos(mu), 1}});
  const auto made_up = network("{width: 6, angle: 0.3}"),
             read = network(fmt::format("{{width: 6, data: {}}}", file.path.string()));
  REQUIRE(made_up->samples() == 2);
  const Factors point = random_point(2, 6);
  Factors expected = zeros_like(point), gradient = zeros_like(point);
  CHECK(made_up->evaluate(point, {0, 2}, Blocks::all(), &gradient) ==
        doctest::Approx(read->evaluate(point, {0, 2}, Blocks::all(), &expected)).epsilon(1e-14));
  add_scaled(gradient, -1, expected);
  CHECK(norm(gradient) <= 1e-14 * norm(expected));
  for (const char* more : {"samples: 4", "separation: 0.5", "dimension: 2"})
    CHECK(refusal(fmt::format("{{width: 6, angle: 0.3, {}}}", more)).find("angle for two samples") !=
          std::string::npos);
}

TEST_CASE("two_layer_relu: classes of a file made into two, without the mean of what is kept") {
  Mat table = samples(12, 4, false), reference = table;
  for (Index i = 0; i < 12; ++i) table(i, 4) = static_cast<Real>(i % 3);
  reference = table.rows(arma::find(table.col(4) != 2));
  reference.head_cols(4).each_row() -= arma::mean(Mat(reference.head_cols(4)), 0);
  reference.col(4).transform([](Real label) { return label == 0 ? -1.0 : 1.0; });
  const File file(table), prepared(reference, "prepared");
  const auto grouped = network(fmt::format(
      "{{width: 6, data: {}, positive_classes: [1], negative_classes: [0], centred: true}}", file.path.string()));
  const auto expected = network(fmt::format("{{width: 6, data: {}}}", prepared.path.string()));
  REQUIRE(grouped->samples() == 8);
  const Factors point = random_point(4, 6);
  Factors one = zeros_like(point), other = one;
  CHECK(grouped->evaluate(point, {0, 8}, Blocks::all(), &one) ==
        doctest::Approx(expected->evaluate(point, {0, 8}, Blocks::all(), &other)).epsilon(1e-13));
  add_scaled(one, -1, other);
  CHECK(norm(one) <= 1e-12 * norm(other));
  CHECK(refusal("{width: 6, positive_classes: [1]}").find("needs a file of data for its classes") != std::string::npos);
  CHECK(refusal(fmt::format("{{width: 6, data: {}}}", file.path.string())).find("needs labels 1 and -1") !=
        std::string::npos);
}

TEST_CASE("two_layer_relu: nothing overflows before the loss itself does") {
  const File file(Mat{{1, 1}, {1, -1}});
  const Factors point{{Mat(Vec{1000}), Mat(Vec{1})}};
  Factors gradient = zeros_like(point);
  const auto logistic = network(fmt::format("{{width: 1, loss: logistic, data: {}}}", file.path.string()));
  CHECK(logistic->evaluate(point, {0, 2}, Blocks::all(), &gradient) == doctest::Approx(1000));
  CHECK(gradient[1][0] == doctest::Approx(1000));
}

TEST_CASE("two_layer_relu: data that are made up are of length 1 and separated as they say") {
  for (const Real separation : {0.0, 0.33, 0.9, 1.0}) {
    const auto problem = network(fmt::format("{{width: 1, samples: 30, dimension: 6, separation: {}}}", separation));
    Mat yx(6, 30);
    Index positive = 0;
    for (Index i = 0; i < 30; ++i)
      for (const Real sign : {1.0, -1.0}) {  // one of two opposite neurons is active
        const Factors point{{sign * Stream(9, "w").normal_matrix(6, 1), Mat(Vec{1})}};
        Factors gradient = zeros_like(point);
        const Real value = problem->evaluate(point, {i, 1}, Blocks::all(), &gradient);  // e^(−y h)
        if (norm(gradient) == 0) continue;
        yx.col(i) = -gradient[0] / value;  // the gradient is −y e^(−y h) x
        if (gradient[1][0] < 0) ++positive;
      }
    CHECK(positive == 15);
    const Mat products = yx.t() * yx;
    CHECK(arma::abs(products.diag() - 1).max() <= 1e-14);
    CHECK(products.min() >= separation - 1e-14);
    CHECK(products.min() <= separation + 0.8 * (1 - separation));
  }
}

TEST_CASE("two_layer_relu: its own start is balanced, small and with signs of both kinds") {
  const auto problem = network("{width: 40, scale: 0.01}");
  const Factors start = problem->start();
  CHECK(wrong_shapes(start, problem->blocks()).empty());
  Index positive = 0;
  for (Index j = 0; j < 40; ++j) {
    CHECK(std::abs(start[1][j]) == doctest::Approx(arma::norm(start[0].col(j))).epsilon(1e-14));
    if (start[1][j] > 0) ++positive;
  }
  CHECK(positive > 8);
  CHECK(positive < 32);
  CHECK(arma::norm(start[0], "fro") == doctest::Approx(0.01 * std::sqrt(800.0)).epsilon(0.1));
}

TEST_CASE(
    "two_layer_relu: a gradient moves v_j² and ‖w_j‖² alike, descent keeps the balance to the order of its step") {
  const File file(samples(20, 5, false));
  const std::string data = fmt::format("{{width: 8, loss: least_squares, data: {}}}", file.path.string());
  const auto problem = network(data);
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Factors point = random_point(5, 8, seed);
    Factors gradient = zeros_like(point);
    problem->evaluate(point, {3, 11}, Blocks::all(), &gradient);  // of a part of the samples, too
    for (Index j = 0; j < 8; ++j)
      CHECK(point[1][j] * gradient[1][j] ==
            doctest::Approx(arma::dot(point[0].col(j), gradient[0].col(j))).epsilon(1e-12));
  }
  // To the same time with half the step: the drift, of order step² in each of twice as many, is half as large.
  std::vector<Real> drifts;
  for (const int halvings : {0, 1, 2}) {
    const auto lane = run_one(fmt::format(
        "problem: {{type: two_layer_relu, width: 8, loss: least_squares, scale: 0.2, data: {}}}\ninitialization: "
        "of_model\noptimizer: {{type: gradient_descent, step: {}}}\nstop: {{iterations: {}}}\n",
        file.path.string(), 2e-3 / (1 << halvings), 200 * (1 << halvings)));
    const Factors &start = lane->setup().start, &point = lane->iterate().point;
    Real drift = 0;
    for (Index j = 0; j < 8; ++j) {
      const auto balance = [&](const Factors& p) { return p[1][j] * p[1][j] - arma::dot(p[0].col(j), p[0].col(j)); };
      CHECK(balance(start) == doctest::Approx(0).scale(0.01));
      drift = std::max(drift, std::abs(balance(point) - balance(start)));
    }
    drifts.push_back(drift);
    CHECK(arma::norm(point[1], "fro") > 1.4 * arma::norm(start[1], "fro"));  // it has gone somewhere
  }
  CHECK(drifts[0] / drifts[1] == doctest::Approx(2).epsilon(0.1));
  CHECK(drifts[1] / drifts[2] == doctest::Approx(2).epsilon(0.05));
}

TEST_CASE("two_layer_relu: what does not fit is refused in words") {
  const File numbers(samples(6, 2, false)), labels(Mat(5, 1, arma::fill::ones), "labels");
  const auto says = [](const std::string& text, const std::string& part) {
    CHECK_MESSAGE(text.find(part) != std::string::npos, text);
  };
  const std::string file = numbers.path.string();
  says(refusal("{width: 3, data: " + file + "}"), "needs labels 1 and -1 for the exponential loss");
  CHECK(refusal("{width: 3, loss: least_squares, data: " + file + "}").empty());
  says(refusal("{width: 3, samples: 9, data: " + file + "}"), "samples, dimension and separation for made-up data");
  says(refusal("{width: 3, labels: " + file + "}"), "has labels for data of a file");
  says(refusal(fmt::format("{{width: 3, data: {}, labels: {}}}", file, labels.path.string())),
       "needs samples with one label for each, but there are 6 samples and 5 labels");
}

TEST_CASE("two_layer_relu: methods that want a metric, and observers of matrices, are refused in a sentence") {
  for (const auto& [more, words] : std::vector<std::pair<std::string, std::string>>{
           {"optimizer={type: scaled_gradient_descent, step: 0.1}", "metric"},
           {"observers=[relative_error]", "which this problem does not have"},
           {"observers=[linear_phase]", "which this problem does not have"}}) {
    std::string message;
    try {
      run_one(training("samples: 8", 3), {more});
    } catch (const tightrope::Error& error) {
      message = error.what();
      CHECK(error.code() == Exit::config);
    }
    CHECK_MESSAGE(message.find(words) != std::string::npos, message);
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("two_layer_relu: batches descend as well, and a batch of all samples is no batch") {
  const auto whole = run_one(training("samples: 40", 300));
  const auto all = run_one(training("samples: 40", 300), {"batch={size: 40}"});
  CHECK(same_bits(whole->iterate().point, all->iterate().point));
  const auto parts = run_one(training("samples: 40, loss: logistic", 6000),
                             {"batch={size: 8, order: shuffled}", "initialization=of_model"});
  CHECK(last(*parts, "accuracy") == 1);
  CHECK(at(*parts, "passes", 6000) == doctest::Approx(6001.0 / 5));
}

TEST_CASE("two_layer_relu: on separated data neurons first align, then grow; the loss falls as 1/t, the rank to one") {
  const auto lane = run_one(training("separation: 0.33", 20000));
  const auto value = [&](const std::string& column, Index t) { return at(*lane, column, t); };
  CHECK(value("in_cone", 0) < 0.5);
  // Aligned while the loss has hardly moved.
  CHECK(value("alignment", 1000) > 0.999);
  CHECK(value("in_cone", 1000) == 1);
  CHECK(value("accuracy", 5000) == 1);
  // 1/t: half as long, about twice as large.
  CHECK(value("objective", 10000) / value("objective", 20000) == doctest::Approx(2).epsilon(0.25));
  CHECK(value("stable_rank", 0) > 3);
  CHECK(value("stable_rank", 20000) < 2);  // the bound of the theorem
}

TEST_CASE("two_layer_relu: the smaller the angle between two samples, the later their neurons enter the cone") {
  // x_1 = (1, 0), x_2 = (sin μ, cos μ), both of class 1 (Min, Mallada & Vidal 2024, A.2): orthogonal as μ → 0.
  const auto run_with = [](Real mu, int seed) {
    const File file(Mat{{1, 0, 1}, {std::sin(mu), std::cos(mu), 1}}, fmt::format("{}", mu));
    return run_one(training("data: " + file.path.string(), 7000), {fmt::format("seed={}", seed)});
  };
  Real wide = 0, narrow = 0;  // shares at iteration 3000
  int complete = 0;           // runs in which all are in the cone in the end
  constexpr int runs = 6;
  for (int seed = 1; seed <= runs; ++seed) {
    const auto far = run_with(0.1, seed), near = run_with(0.001, seed);
    wide += at(*far, "in_cone", 3000) / runs;
    narrow += at(*near, "in_cone", 3000) / runs;
    CHECK(at(*far, "in_cone", 0) < 0.5);
    CHECK(at(*far, "in_cone", 7000) == 1);
    CHECK(at(*far, "alignment", 7000) > 0.95);
    complete += at(*near, "in_cone", 7000) == 1 ? 1 : 0;
    CHECK(at(*far, "objective", 7000) == doctest::Approx(at(*near, "objective", 7000)).epsilon(0.4));
  }
  CHECK(wide > 0.95);
  CHECK(narrow < 0.75);
  CHECK(complete < runs);
}
