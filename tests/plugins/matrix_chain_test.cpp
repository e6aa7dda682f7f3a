// Deep chains and their compressed forms against independent formulae.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

const std::string square = R"(
seed: 3
problem:
  shape: [24, 24]
  target:   {type: random_low_rank, rank: 2, values: [9, 8]}
  operator: identity
model: {type: deep_chain, depth: 3, scale: 0.02}
initialization: of_model
optimizer: {type: gradient_descent, step: 0.01}
stop: {iterations: 800}
observers: [relative_error, invariant_subspace, compression_error]
)";

Mat product(const Factors& W) {
  Mat X = W[0];
  for (Index l = 1; l < W.size(); ++l) X = W[l] * X;
  return X;
}

Mat estimate(const Lane& lane) { return lane.iterate().X.dense(); }

}  // namespace

TEST_CASE("a chain of any widths moves by the gradients (W_L ⋯ W_{l+1})ᵀ G (W_{l−1} ⋯ W_1)ᵀ and its weight decay") {
  for (const char* const widths : {"[3, 4, 9]", "[8, 3, 4]", "[4, 9, 3]", "[5, 5, 5]"}) {
    CAPTURE(widths);
    const std::string chain = fmt::format(
        "model={{type: deep_chain, depth: 4, widths: {}, scale: 0.1, factor_scales: [5, 6, 7, 8], decay: 0.3}}",
        widths);
    const std::vector<std::string> settings = {chain, "problem.shape=[11, 7]", "observers=[relative_error]",
                                               "stop.iterations=1"};
    const auto run = run_one(square, settings);
    const Factors W = run->setup().start, after = run->iterate().point;
    REQUIRE(W.size() == 4);
    const Mat G = product(W) - run->setup().problem->truth->X.dense();
    for (Index l = 0; l < 4; ++l) {
      Mat before = arma::eye(7, 7), behind = arma::eye(11, 11);
      for (Index j = 0; j < l; ++j) before = W[j] * before;
      for (Index j = 3; j > l; --j) behind = behind * W[j];
      CHECK(arma::norm(after[l] - (W[l] - 0.01 * (behind.t() * G * before.t() + 0.3 * W[l])), "fro") < 1e-13);
      // Rows or columns of an orthogonal matrix.
      const Mat gram = W[l].n_rows < W[l].n_cols ? Mat(W[l] * W[l].t()) : Mat(W[l].t() * W[l]);
      const Real scale = 0.5 + 0.1 * static_cast<Real>(l);
      CHECK(arma::norm(gram - scale * scale * arma::eye(arma::size(gram)), "fro") < 1e-13);
    }
    CHECK(arma::norm(estimate(*run) - product(after), "fro") < 1e-13);
    CHECK(run->iterate().X.rank() == static_cast<Index>(std::string(widths) == "[5, 5, 5]" ? 5 : 3));
  }
}

TEST_CASE("d − 2r singular values of each layer are the numbers of the recursion, on a subspace that never turns") {
  const auto run = run_one(
      square,
      {"model={type: deep_chain, depth: 3, scale: 0.1, factor_scales: [4, 5, 6], decay: 0.1}", "stop.iterations=300"});
  const Factors &start = run->setup().start, &W = run->iterate().point;
  const Truth& truth = *run->setup().problem->truth;
  Vec rho = {0.4, 0.5, 0.6};
  for (int t = 0; t < 300; ++t) {
    const Real all = arma::prod(rho) * arma::prod(rho);
    rho = rho % (1 - 0.01 * 0.1 - 0.01 * all / arma::square(rho));
  }
  Mat V = arma::null(arma::join_rows(truth.svd.right, product(start).t() * truth.svd.left).t());
  REQUIRE(V.n_cols == 20);
  for (Index l = 0; l < 3; ++l) {
    const Mat next = start[l] * V / (0.4 + 0.1 * static_cast<Real>(l));
    CHECK(arma::norm(W[l] * V - rho[l] * next, "fro") < 1e-12);
    CHECK(arma::norm(W[l].t() * next - rho[l] * V, "fro") < 1e-12);
    V = next;
    const std::string name = fmt::format("middle_sigma_{}", l + 1);
    CHECK(last(*run, name) == doctest::Approx(rho[l]).epsilon(1e-12));
    CHECK(last(*run, name + "_theory") == doctest::Approx(rho[l]).epsilon(1e-13));
  }
}

TEST_CASE("a chain and its compressed form differ by (d − 2r̂) Πε² in square, as the observer says") {
  for (const Index rank : {2U, 4U}) {
    CAPTURE(rank);
    for (const int iterations : {0, 90, 800}) {
      CAPTURE(iterations);
      const std::string stop = fmt::format("stop.iterations={}", iterations);
      const auto wide = run_one(square, {stop});
      const auto compressed = run_one(
          square, {stop, "observers=[relative_error]",
                   fmt::format("model={{type: compressed_chain, rank: {}, scale: 0.02, outer_step: 0}}", rank)});
      const Real distance = arma::norm(estimate(*wide) - estimate(*compressed), "fro");
      CHECK(distance * distance ==
            doctest::Approx((24 - 2 * static_cast<Real>(rank)) * std::pow(0.02, 6)).epsilon(1e-3));
      if (rank == 2) CHECK(last(*wide, "compression_error") == doctest::Approx(distance).epsilon(1e-6));
      if (iterations == 800) CHECK(last(*compressed, "relative_error") < 1e-4);
      CHECK(compressed->iterate().X.rank() == 2 * rank);
    }
  }
}

TEST_CASE("outer factors move with the step γη, and at γ = 0 not by a bit") {
  const auto outer = [](const Factors& point, Real root) {
    return std::pair<Mat, Mat>(root * point[point.size() - 1], root * point[0].t());
  };
  const std::vector<std::string> common = {"observers=[relative_error]", "stop.iterations=1",
                                           "problem.operator={type: entry_sampling, fraction: 0.5}"};
  const auto with = [&](Real gamma) {
    std::vector<std::string> settings = common;
    settings.push_back(fmt::format("model={{type: compressed_chain, rank: 2, scale: 0.3, outer_step: {}}}", gamma));
    return run_one(square, settings);
  };
  const auto moving = with(0.04), still = with(0);
  const auto [U, V] = outer(moving->setup().start, 0.2);
  const auto [next_U, next_V] = outer(moving->iterate().point, 0.2);
  CHECK(arma::norm(U.t() * U - arma::eye(4, 4), "fro") < 1e-13);
  CHECK(arma::norm(V.t() * V - arma::eye(4, 4), "fro") < 1e-13);
  const SensingProblem& problem = *moving->setup().problem;
  const Mat core = std::pow(0.3, 3) * arma::eye(4, 4);
  Vec z;
  problem.op->forward(Mat(U * core * V.t()), z);
  Mat G;
  problem.op->adjoint(z - problem.data, G);
  CHECK(arma::norm(next_U - (U - 0.04 * 0.01 * G * V * core), "fro") < 1e-13);
  CHECK(arma::norm(next_V - (V - 0.04 * 0.01 * G.t() * U * core), "fro") < 1e-13);
  CHECK(arma::approx_equal(moving->iterate().point[1], 0.3 * arma::eye(4, 4) - 0.01 * 0.09 * (U.t() * G * V), "absdiff",
                           1e-13));
  for (const Index b : {Index{0}, Index{4}})
    CHECK(arma::all(arma::vectorise(still->iterate().point[b] == still->setup().start[b])));
  CHECK(arma::any(arma::vectorise(still->iterate().point[1] != still->setup().start[1])));
}

TEST_CASE("outer factors of a surrogate are the leading singular vectors of A*(y)") {
  const auto run = run_one(
      square,
      {"observers=[relative_error]", "stop.iterations=0", "problem.operator={type: gaussian, measurements: 400}",
       "model={type: compressed_chain, rank: 3, depth: 1, scale: 0.1, outer: surrogate, outer_scale: 0.2, "
       "outer_step: 1}"});
  const SensingProblem& problem = *run->setup().problem;
  Mat M, U, V;
  Vec sigma;
  problem.op->adjoint(problem.data, M);
  arma::svd(U, sigma, V, M);
  const Mat expected = 0.1 * 0.04 * U.head_cols(6) * V.head_cols(6).t();
  CHECK(arma::norm(estimate(*run) - expected, "fro") < 1e-12);
  CHECK(run->iterate().point.size() == 3);
}

TEST_CASE("what does not fit is refused, and a theory of another run is announced as such") {
  CHECK(message_of(square, {"model.widths=[5, 6, 7]"}).find("needs one of 'widths' for each of the 2 places") !=
        std::string::npos);
  CHECK(message_of(square, {"model.factor_scales=[1, 2]"}).find("has 2 factor_scales, but a depth of 3") !=
        std::string::npos);
  CHECK(message_of(square, {"model={type: compressed_chain, rank: 13}"}).find("keeps 26 columns, which exceeds") !=
        std::string::npos);
  CHECK(message_of(square, {"model={type: compressed_chain, rank: 2}", "problem.shape=[24, 20]"})
            .find("needs a square problem") != std::string::npos);
  CHECK(run_one(square)->setup().warnings.empty());
  for (const char* const other : {"problem.operator={type: entry_sampling, fraction: 0.9}", "model.width=20",
                                  "initialization={type: small_random, scale: 0.01}"})
    CHECK(run_one(square, {other, "stop.iterations=0"})->setup().warnings.size() == 2);
}
