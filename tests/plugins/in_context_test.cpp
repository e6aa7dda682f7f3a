// Linear self-attention on regression tasks: the expectation against sampled prompts, and against matrix sensing.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "plugins/shared/in_context_regression.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

const Vec lambda = {1, 0.8, 0.6, 0.4, 0.2};
constexpr Index d = 5, N = 20;

Context context() { return {Shape{}, Stream(2, "problem"), std::make_shared<const Team>(1)}; }

std::shared_ptr<const Problem> layer(const std::string& more = "") {
  return made<Problem>("linear_self_attention",
                       fmt::format("{{eigenvalues: [1, 0.8, 0.6, 0.4, 0.2], length: {}{}}}", N, more), context());
}

Factors point() { return {{Mat(1, 1, arma::fill::value(0.7)), 0.4 * Stream(5, "U").normal_matrix(d, d)}}; }

}  // namespace

TEST_CASE("the risk is the mean squared error over prompts, drawn here number by number, at every length") {
  const Mat P = 0.5 * Stream(8, "P").normal_matrix(d, d) + arma::eye(d, d);
  for (const Index M : {Index{1}, Index{5}, Index{40}}) {
    constexpr Index count = 20000;
    Vec squares(count);
    for (Index i = 0; i < count; ++i) {
      const Stream own = Stream(9, "prompt").child(std::to_string(i));
      const Vec w = own.child("w").normal_matrix(d, 1),
                query = arma::sqrt(lambda) % Vec(own.child("q").normal_matrix(d, 1));
      Vec h(d, arma::fill::zeros);
      for (Index j = 0; j < M; ++j) {
        const Vec x = arma::sqrt(lambda) % Vec(own.child(fmt::format("x{}", j)).normal_matrix(d, 1));
        h += arma::dot(w, x) * x / static_cast<Real>(M);
      }
      const Real error = arma::as_scalar(h.t() * P * query) - arma::dot(w, query);
      squares[i] = error * error;
    }
    const Real risk = prediction_risk(P, gamma_of(lambda, static_cast<Real>(M)), lambda);
    const Real deviation = arma::stddev(squares) / std::sqrt(static_cast<Real>(count));
    CAPTURE(M);
    CHECK(std::abs(arma::mean(squares) - risk) < 3 * deviation);
    CHECK(deviation < 0.05 * risk);
  }
}

TEST_CASE("half the mean over many prompts goes to the expectation, and parts of the prompts add up") {
  const auto expected = layer(), sampled = layer(", prompts: 20000");
  Factors of_expectation{{Mat(1, 1), Mat(d, d)}}, of_sample = of_expectation, sum = of_expectation;
  for (Factors* gradient : {&of_expectation, &of_sample, &sum})
    for (Mat& block : gradient->blocks) block.zeros();
  const Real value = expected->evaluate(point(), Rows::all(), Blocks::all(), &of_expectation);
  const Real sample = sampled->evaluate(point(), {0, 20000}, Blocks::all(), &of_sample);
  CHECK(sample == doctest::Approx(value).epsilon(0.05));
  CHECK(of_sample[0](0, 0) == doctest::Approx(of_expectation[0](0, 0)).epsilon(0.1));
  CHECK(frobenius_norm(of_sample[1] - of_expectation[1]) < 0.1 * frobenius_norm(of_expectation[1]));
  Real parts = 0;
  Mat of_U(d, d, arma::fill::zeros);
  for (const Rows rows : {Rows{0, 7000}, Rows{7000, 1}, Rows{7001, 12999}}) {
    Factors part = sum;
    parts += sampled->evaluate(point(), rows, Blocks::all(), &part);
    of_U += part[1];
  }
  CHECK(parts == doctest::Approx(sample).epsilon(1e-12));
  CHECK(frobenius_norm(of_U - of_sample[1]) < 1e-12 * frobenius_norm(of_U));
}

TEST_CASE("the expectation is ½‖P X Q − Y‖² of the two-sided operator, and a constant") {
  const Vec gamma = gamma_of(lambda, N), left = arma::sqrt(gamma % lambda), right = arma::sqrt(lambda);
  const auto list = [](const Vec& values) {
    std::string text;
    for (const Real value : values) text += fmt::format("{}{:.17g}", text.empty() ? "[" : ", ", value);
    return text + "]";
  };
  const Context sensing{{d, d}, Stream(2, "operator"), std::make_shared<const Team>(1)};
  const auto op =
      made<MeasurementOperator>("two_sided", fmt::format("{{left: {}, right: {}}}", list(left), list(right)), sensing);
  Vec z, y;
  const Mat X = point()[0](0, 0) * point()[1];
  op->forward(X, z);
  op->forward(Mat(arma::diagmat(1 / gamma)), y);
  const Real constant = arma::accu(lambda) / 2 - arma::accu(lambda % lambda / gamma) / 2;
  CHECK(layer()->evaluate(point(), Rows::all(), Blocks::none(), nullptr) ==
        doctest::Approx(arma::dot(z - y, z - y) / 2 + constant).epsilon(1e-13));
}

TEST_CASE("a two-sided operator is P X Q of the matrices that its products with unit matrices show") {
  const Context sensing{{4, 6}, Stream(3, "operator"), std::make_shared<const Team>(1)};
  const auto op = made<MeasurementOperator>("two_sided", "{left_rows: 3, right: [1, 2, 3, 4, 5, 6]}", sensing);
  CHECK(op->measurements() == 18);
  const Mat P = Stream(3, "operator").child("left").normal_matrix(3, 4) / std::sqrt(3.0);
  const Mat X = Stream(1, "X").normal_matrix(4, 6), Q = arma::diagmat(Vec{1, 2, 3, 4, 5, 6});
  Vec z;
  op->forward(X, z);
  CHECK(frobenius_norm(z - arma::vectorise(P * X * Q)) < 1e-13 * frobenius_norm(z));
  const auto refusal = [&](const std::string& yaml) {
    try {
      made<MeasurementOperator>("two_sided", yaml, sensing);
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refusal("{left: [1, 2]}").find("needs 4 numbers on the diagonal 'left', but has 2") != std::string::npos);
  CHECK(refusal("{right: [1, 2, 3, 4, 5, 6], right_columns: 2}").find("not both") != std::string::npos);
}
