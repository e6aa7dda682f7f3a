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
  for (const std::string form : {"weights", "product", "prompt", "joint"})
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
        const Vec q = form == "weights"   ? Vec(point[0] * Z.col(i))
                      : form == "product" ? Vec(point[0] * (point[1].t() * Z.col(i)))
                                          : Vec(point[0]);
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

TEST_CASE("the penalty of what moves has the gradient of differences, and the rank is that of the factors") {
  const auto problem = layer("{form: product, rank: 2, length: 3, dimension: 4, ridge: 0.3}");
  REQUIRE(wrong_shapes({{Mat(4, 2), Mat(4, 2)}}, problem->blocks()).empty());
  const Factors point = point_of(*problem, 1);
  Factors gradient = zeros(problem->blocks());
  CHECK(problem->add_penalty(point, Blocks::only(1), &gradient) == doctest::Approx(0.3 * dot(point, point)));
  CHECK(arma::norm(gradient[0], "fro") == 0);
  CHECK(arma::norm(gradient[1] - 0.6 * point[1], "fro") < 1e-15);
}

TEST_CASE("the nuclear-norm token SVM satisfies its optimality conditions: a dual solution of the same value") {
  Index strict = 0, low_rank = 0;
  for (int seed = 1; seed <= 12; ++seed) {
    const Index n = seed % 2 == 0 ? 3 : 6, d = 5 + static_cast<Index>(seed % 3);
    const TokenInputs data = drawn(n, 5, d, d, seed);
    arma::uvec chosen(n);
    for (Index i = 0; i < n; ++i) chosen[i] = (static_cast<Index>(seed) + i) % 5;
    const Mat svm = data.token_svm(chosen, Vec(n, arma::fill::ones)), G = constraints(data, chosen);
    if (svm.is_empty()) continue;
    const NuclearMargin nuclear = data.nuclear_token_svm(chosen, svm);
    REQUIRE(!nuclear.W.is_empty());
    const Vec sigma = arma::svd(nuclear.W), margins = G * arma::vectorise(nuclear.W);
    const Real norm = arma::accu(sigma), least_slack = margins.min() - 1;
    CHECK(least_slack > -1e-12);
    CHECK(nuclear.multipliers.min() >= 0);
    const Mat combined = arma::reshape(Vec(G.t() * nuclear.multipliers), d, d);
    CHECK(arma::norm(combined, 2) < 1 + 1e-12);
    CHECK(arma::accu(nuclear.multipliers) == doctest::Approx(norm).epsilon(2e-9));  // no gap
    // Complementary slackness, and Σ λ_j d_j z_jᵀ is a subgradient: its part in the singular spaces of W is U Vᵀ.
    CHECK(arma::abs(nuclear.multipliers % (margins - 1)).max() < 1e-7 * norm);
    CHECK(arma::dot(combined, nuclear.W) == doctest::Approx(norm).epsilon(1e-8));
    CHECK(norm <= arma::accu(arma::svd(svm)) * (1 + 1e-9));
    CHECK(arma::norm(svm, "fro") <= arma::norm(nuclear.W, "fro") * (1 + 1e-9));
    CHECK(nuclear.rank == arma::accu(sigma > 1e-9 * sigma[0]));
    CHECK(nuclear.rank <= std::min(n, d));
    strict += norm < 0.99 * arma::accu(arma::svd(svm));
    low_rank += nuclear.rank < std::min(n, d);
  }
  CHECK(strict > 5);
  CHECK(low_rank > 5);
}

TEST_CASE("the nuclear-norm token SVM: one query, where both norms agree, and other units") {
  const TokenInputs one = drawn(1, 5, 6, 6, 2);
  const Mat svm = one.token_svm(arma::uvec{3}, Vec{1}), nuclear = one.nuclear_token_svm(arma::uvec{3}, svm).W;
  CHECK(arma::norm(svm - nuclear, "fro") < 1e-7 * arma::norm(svm, "fro"));
  // W_11 ≥ 1, W_22 ≥ 1: the trace, which is at most the nuclear norm, is at least 2.
  const NuclearMargin diagonal = nuclear_margin(arma::eye(2, 2), arma::eye(2, 2), {1, 1}, Mat{{1, 0.3}, {0, 1}});
  CHECK(arma::accu(arma::svd(diagonal.W)) == doctest::Approx(2).epsilon(1e-8));
  TokenInputs data = drawn(4, 5, 6, 6, 3);
  const arma::uvec chosen = {0, 1, 2, 3};
  const Vec ones(4, arma::fill::ones);
  const Mat W = data.nuclear_token_svm(chosen, data.token_svm(chosen, ones)).W;
  data.keys *= 1e-4;
  const Mat larger = data.nuclear_token_svm(chosen, data.token_svm(chosen, ones)).W;
  CHECK(arma::norm(larger - 1e4 * W, "fro") < 1e-6 * arma::norm(larger, "fro"));
}

TEST_CASE("factors: columns against both SVMs, now and then; every block moves by the same length") {
  const std::string yaml =
      "problem: {type: attention, form: product, inputs: 3, length: 4, dimension: 5, spread: 0.1, ridge: 2.2e-16, "
      "svm_every: 100}\ninitialization: of_model\noptimizer: {type: block_normalized_gradient_descent, step: 0.1}\n"
      "stop: {iterations: 1000}\n";
  const auto lane = run_one(yaml);
  CHECK(std::isnan(at(*lane, "correlation", 50)));
  CHECK(last(*lane, "correlation") > 0.98);
  CHECK(last(*lane, "correlation") > last(*lane, "frobenius_correlation"));
  CHECK(last(*lane, "numerical_rank") == last(*lane, "svm_rank"));
  const auto once = run_one(yaml, {"stop.iterations=1"});
  for (Index b = 0; b < 2; ++b)
    CHECK(arma::norm(once->iterate().point[b] - once->setup().start[b], "fro") == doctest::Approx(0.1).epsilon(1e-13));
  // With δ a block moves by μ‖g‖/(‖g‖ + δ), and one without a gradient stays where it is.
  const auto damped = run_one(yaml, {"stop.iterations=1", "optimizer.delta=1"});
  const auto plain = run_one(yaml, {"stop.iterations=1", "optimizer={type: gradient_descent, step: 1}"});
  for (Index b = 0; b < 2; ++b) {
    const Real size = arma::norm(plain->iterate().point[b] - plain->setup().start[b], "fro");
    CHECK(arma::norm(damped->iterate().point[b] - damped->setup().start[b], "fro") ==
          doctest::Approx(0.1 * size / (size + 1)).epsilon(1e-12));
  }
  const auto still = run_one(yaml, {"stop.iterations=2", "problem.spread=0", "problem.ridge=0"});
  CHECK(norm(still->iterate().point) == 0);
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
  CHECK(refusal("{length: 2, dimension: 2, rank: 1}").find("needs no rank but for K and Q") != std::string::npos);
  CHECK(refusal("{form: prompt, length: 2, dimension: 2, queries: [1]}").find("needs no queries") != std::string::npos);
}
