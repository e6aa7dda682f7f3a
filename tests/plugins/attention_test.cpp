// Attention that selects tokens: its gradient against differences, the token SVM against its optimality conditions.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "plugins/shared/token_selection.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

Context context() { return {Shape{}, Stream(2, "problem"), std::make_shared<const Team>(1)}; }

std::shared_ptr<const Problem> layer(const std::string& yaml) { return made<Problem>("attention", yaml, context()); }

Factors point_of(const Problem& problem, Real scale) {
  Factors point = zeros(problem.blocks());
  for (Index b = 0; b < point.size(); ++b)
    point[b] = scale * Stream(5, fmt::format("point/{}", b)).normal_matrix(point[b].n_rows, point[b].n_cols);
  return point;
}

TokenInputs drawn(Index n, Index T, Index d, Index k, int seed) {
  TokenInputs data;
  data.T = T;
  data.tokens = data.keys = unit_columns(Stream(static_cast<std::uint64_t>(seed), "tokens"), d, n * T);
  data.queries =
      k == 1 ? Mat(1, n, arma::fill::ones) : unit_columns(Stream(static_cast<std::uint64_t>(seed), "queries"), k, n);
  data.labels = Vec(n, arma::fill::ones);
  return data;
}

/// The constraints of a token SVM, written out: rows (κ_iα − κ_it) z_iᵀ as vectors.
Mat constraints(const TokenInputs& data, const arma::uvec& chosen) {
  Mat G(0, data.keys.n_rows * data.queries.n_rows);
  for (Index i = 0; i < data.count(); ++i)
    for (Index t = 0; t < data.T; ++t)
      if (t != chosen[i]) {
        const Vec difference = data.keys.col(i * data.T + chosen[i]) - data.keys.col(i * data.T + t);
        G.insert_rows(G.n_rows, arma::vectorise(difference * data.queries.col(i).t()).t());
      }
  return G;
}

std::string refusal(const std::string& yaml) {
  try {
    layer(yaml);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("value and gradient are those of softmax attention, by its formula and by differences") {
  for (const std::string form : {"weights", "prompt", "joint"})
    for (const std::string loss : {"logistic", "exponential", "correlation"}) {
      CAPTURE(form);
      CAPTURE(loss);
      const std::string labels = "labels: [1, -1, 1], key: [1, 0.5, 2, 1], head: [1, -2, 0.5, 1]";
      const auto problem =
          layer(fmt::format("{{form: {}, loss: {}, inputs: 3, length: 5, dimension: 4, {}}}", form, loss, labels));
      const Factors point = point_of(*problem, 1);
      Factors gradient = zeros(problem->blocks());
      const Real value = problem->evaluate(point, {0, 3}, Blocks::all(), &gradient);

      const Mat X = arma::normalise(Stream(2, "problem").child("tokens").normal_matrix(4, 15));
      const Mat Z = arma::normalise(Stream(2, "problem").child("queries").normal_matrix(4, 3));
      const Vec key = {1, 0.5, 2, 1}, Y = {1, -1, 1}, v = form == "joint" ? Vec(point[1]) : Vec{1, -2, 0.5, 1};
      Real expected = 0;
      for (Index i = 0; i < 3; ++i) {
        const Vec q = form == "weights" ? Vec(point[0] * Z.col(i)) : Vec(point[0]);
        Real weights = 0, output = 0;
        for (Index t = 0; t < 5; ++t) {
          const Real weight = std::exp(arma::dot(key % X.col(5 * i + t), q));
          weights += weight;
          output += weight * arma::dot(v, X.col(5 * i + t));
        }
        const Real m = Y[i] * output / weights;
        expected += (loss == "logistic" ? std::log(1 + std::exp(-m)) : loss == "exponential" ? std::exp(-m) : -m) / 3;
      }
      CHECK(value == doctest::Approx(expected).epsilon(1e-13));

      for (Index b = 0; b < point.size(); ++b)
        for (Index e = 0; e < point[b].n_elem; ++e) {
          Factors up = point, down = point;
          up[b][e] += 1e-5;
          down[b][e] -= 1e-5;
          const Real difference = (problem->evaluate(up, {0, 3}, Blocks::none(), nullptr) -
                                   problem->evaluate(down, {0, 3}, Blocks::none(), nullptr)) /
                                  2e-5;
          CHECK(std::abs(gradient[b][e] - difference) < 1e-9);
        }
    }
}

TEST_CASE("the gradient keeps its relative accuracy when one token has all but 1e-40 of the weight") {
  // Two tokens 0 and 1 on a line with key 1: s = 1/(1 + e^{-p}), f = −s, so that f' = −s(1 − s) ~ −e^{-p}.
  const auto problem = layer("{form: prompt, loss: correlation, length: 2, dimension: 1, tokens: [0, 1], head: [1]}");
  for (const Real p : {1.0, 30.0, 90.0}) {
    Factors gradient = zeros(problem->blocks());
    problem->evaluate({{Mat(1, 1, arma::fill::value(p))}}, {0, 1}, Blocks::all(), &gradient);
    CHECK(gradient[0][0] == doctest::Approx(-std::exp(-p) / std::pow(1 + std::exp(-p), 2)).epsilon(1e-12));
  }
}

TEST_CASE("the token SVM satisfies its optimality conditions to 1e-10") {
  Index strict = 0;
  for (int seed = 1; seed <= 30; ++seed) {
    const bool prompt = seed % 3 == 0;
    const TokenInputs data = drawn(prompt ? 2 : 5, 6, prompt ? 12 : 8, prompt ? 1 : 8, seed);
    arma::uvec chosen(data.count());
    for (Index i = 0; i < data.count(); ++i) chosen[i] = (static_cast<Index>(seed) + i) % 6;
    Vec h(data.count(), arma::fill::ones);
    if (seed % 2 == 0) h[0] = 0;
    const Mat G = constraints(data, chosen), W = data.token_svm(chosen, h);
    REQUIRE(!W.is_empty());
    const Vec w = arma::vectorise(W), bounds = arma::repelem(h, 5, 1), slack = G * w - bounds;
    CHECK(slack.min() > -1e-10);
    // w = Gᵀλ with λ ≥ 0 on the active constraints alone: λ is recovered here by least squares.
    const arma::uvec active = arma::find(slack < 1e-9);
    const Vec lambda = arma::pinv(Mat(G.rows(active).t())) * w;
    CHECK(frobenius_norm(Vec(G.rows(active).t() * lambda) - w) < 1e-10 * arma::norm(w));
    CHECK(lambda.min() > -1e-10);
    // Strong duality: ‖w‖² = Σ λ_j h_j.
    CHECK(arma::dot(lambda, Vec(bounds(active))) == doctest::Approx(arma::dot(w, w)).epsilon(1e-10));
    strict += active.n_elem < G.n_rows;
  }
  CHECK(strict > 5);  // and not all of them have all constraints active
}

TEST_CASE("known margins: one input, redundant and repeated constraints, constraints that contradict each other") {
  TokenInputs data = drawn(1, 4, 2, 1, 1);
  data.keys = {{-0.1, 1, 0, 0}, {1, 0, 0, 0}};
  const Mat p = data.token_svm(arma::uvec{0}, Vec{1});
  CHECK(arma::dot(p, p) / 2 == doctest::Approx(0.5 / 1.01).epsilon(1e-12));
  CHECK(cosine(p, Mat(Vec{-0.1, 1})) == doctest::Approx(1).epsilon(1e-14));
  CHECK(data.token_svm(arma::uvec{2}, Vec{1}).is_empty());  // 0 is not apart from another 0

  data.keys = 1e-4 * data.keys;
  CHECK(arma::approx_equal(data.token_svm(arma::uvec{0}, Vec{1}), 1e4 * p, "reldiff", 1e-10));

  TokenInputs line = drawn(2, 3, 1, 1, 1);
  line.keys = {{0, 1, 2, 0, 3, 5}};
  CHECK(line.token_svm(arma::uvec{2, 2}, Vec{1, 1})(0, 0) == doctest::Approx(1).epsilon(1e-14));
  CHECK(line.token_svm(arma::uvec{2, 0}, Vec{1, 1}).is_empty());
  CHECK(line.token_svm(arma::uvec{1, 2}, Vec{1, 1}).is_empty());  // between two others
}

TEST_CASE("joint training: the head's margin decides which inputs bound the prompt") {
  TokenInputs data = drawn(3, 2, 2, 1, 1);
  data.labels = {1, -1, 1};
  for (const Real b : {1.0, 1.5}) {
    data.tokens = data.keys = {{0, 1, 0, 1, 0, 0.5}, {0, 1, 0, -1, 0, b}};
    const arma::uvec second = {1, 1, 1};
    const Vec v = data.label_svm(second);
    CHECK(arma::norm(v - Vec{0, 1}) < 1e-12);
    const Vec bounds = data.support(second, v);
    CHECK(bounds[2] == (b == 1 ? 1 : 0));
    const Mat p = data.token_svm(second, bounds);
    CHECK(arma::norm(Vec(p) - (b == 1 ? Vec{4.0 / 3, 1.0 / 3} : Vec{1, 0})) < 1e-12);
  }
}

TEST_CASE("a problem that does not fit is refused in a sentence") {
  CHECK(refusal("{length: 2, dimension: 2, tokens: [1, 2, 3]}").find("needs 4 numbers as 'tokens', but has 3") !=
        std::string::npos);
  CHECK(refusal("{length: 2, dimension: 2, labels: [0.5]}").find("needs labels 1 and -1") != std::string::npos);
  CHECK(refusal("{form: prompt, length: 2, dimension: 2, queries: [1]}").find("needs no queries") != std::string::npos);
}
