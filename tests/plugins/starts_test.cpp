// Spectral starts against A*(y) formed from the rows of the operator, what they cost, and momentum with a line search.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/arrays/matrices.hpp"
#include "core/store/files/files.hpp"
#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

constexpr Index size = 20;

std::string symmetric(int seed, const std::string& target, const std::string& ensemble, Index rank) {
  return fmt::format(
      "seed: {}\nproblem:\n  shape: [{}, {}]\n  target: {{{}}}\n  operator: {{{}}}\nmodel: {{type: symmetric, rank: "
      "{}}}\ninitialization: spectral\noptimizer: {{type: gradient_descent, step: 0.1}}\nstop: {{iterations: "
      "0}}\nobservers: [relative_error]\n",
      seed, size, size, target, ensemble, rank);
}

/// (A*(y) + A*(y)ᵀ)/2 by its definition, Σ y_i A_i.
Mat symmetric_part(const SensingProblem& problem) {
  const Index m = problem.op->measurements();
  Vec G(problem.shape.entries(), arma::fill::zeros), z;
  for (Index j = 0; j < problem.shape.entries(); ++j) {
    Mat E(problem.shape.rows, problem.shape.cols, arma::fill::zeros);
    E[j] = 1;
    problem.op->forward(E, z);
    REQUIRE(z.n_elem == m);
    G[j] = arma::dot(z, problem.data);
  }
  const Mat A = arma::reshape(G, problem.shape.rows, problem.shape.cols);
  return (A + A.t()) / 2;
}

const std::vector<std::string> operators = {"type: gaussian, measurements: 60, symmetric: true",
                                            "type: gaussian, measurements: 60", "type: entry_sampling, fraction: 0.3",
                                            "type: rademacher, measurements: 60"};

}  // namespace

TEST_CASE("the spectral start of a symmetric model is made of the largest positive eigenvalues") {
  for (const std::string& ensemble : operators)
    for (int seed = 1; seed <= 8; ++seed) {
      CAPTURE(ensemble);
      CAPTURE(seed);
      const Index rank = 6;
      const auto lane =
          run_one(symmetric(seed, "type: random_low_rank, rank: 3, condition: 3, symmetric: true", ensemble, rank));
      Vec values;
      Mat vectors;
      REQUIRE(arma::eig_sym(values, vectors, symmetric_part(*lane->setup().problem)));
      const Mat& U = lane->setup().start[0];
      Mat best(size, size, arma::fill::zeros);
      for (Index i = size - rank; i < size; ++i) {
        REQUIRE(values[i] > 0);
        best += values[i] * vectors.col(i) * vectors.col(i).t();
      }
      CHECK(arma::norm(U * U.t() - best, "fro") < 1e-10 * arma::norm(best, "fro"));
      CHECK(arma::norm(U.t() * U - arma::diagmat(U.t() * U), "fro") < 1e-10 * arma::norm(best, "fro"));
      CHECK(lane->setup().warnings.empty());
      // The model finds the same from singular triples, whose signs it has to work out.
      const Factors again =
          lane->setup().objective->sensing()->model().from_svd(svd(symmetric_part(*lane->setup().problem)));
      CHECK(arma::norm(again[0] * again[0].t() - best, "fro") < 1e-10 * arma::norm(best, "fro"));
    }
}

TEST_CASE("missing positive eigenvalues: said, and their columns are small and not zero") {
  // Y has two positive eigenvalues and is seen as it is.
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("tightrope-starts-{}.npy", getpid());
  const Mat Q = orthonormal_basis(Stream(1, "Q").normal_matrix(size, 4));
  const Mat Y = Q * arma::diagmat(Vec{2, 1, -3, -4}) * Q.t();
  write_atomically(folder, npy_bytes(Y));
  const std::string yaml = symmetric(1, fmt::format("type: file, path: {}", folder.string()), "type: identity", 4);
  const auto lane = run_one(yaml);
  const Mat& U = lane->setup().start[0];
  Vec norms(4);
  for (Index j = 0; j < 4; ++j) norms[j] = arma::norm(U.col(j));
  CHECK(norms[0] == doctest::Approx(std::sqrt(2.0)).epsilon(1e-10));
  CHECK(norms[1] == doctest::Approx(1).epsilon(1e-10));
  for (const Index j : {2u, 3u}) CHECK(norms[j] == doctest::Approx(1e-3 * 2).epsilon(1e-6));  // 1e-3·√4
  CHECK(arma::norm(U.t() * U - arma::diagmat(norms % norms), "fro") < 1e-10);
  REQUIRE(lane->setup().warnings.size() == 1);
  CHECK(lane->setup().warnings[0].find(
            "initialization 'spectral' finds only 2 positive among the 4 largest eigenvalues") == 0);
  const auto unfilled = run_one(yaml, {"initialization={type: spectral, fill: 0}"});
  CHECK(unfilled->setup().start[0].tail_cols(2).is_zero());
  CHECK(unfilled->setup().warnings[0].find("never move") != std::string::npos);
  std::filesystem::remove(folder);
}

TEST_CASE(
    "no column of a symmetric start stays behind: the truth is found at sample sizes where half the spectrum is "
    "noise") {
  for (int seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    const auto lane = run_one(symmetric(seed, "type: random_low_rank, rank: 3, condition: 3, symmetric: true",
                                        "type: gaussian, measurements: 150, symmetric: true", 3),
                              {"stop={iterations: 3000, relative_error: 1e-6}"});
    CHECK(last(*lane, "relative_error") <= 1e-6);
  }
}

TEST_CASE("a spectral start is charged one pass of a dense operator and 42 of another, alone and in company") {
  const std::string yaml =
      "seed: 1\nproblem:\n  shape: [12, 9]\n  target: {type: random_low_rank, rank: 2}\n  operator: {type: gaussian, "
      "measurements: 100}\nmodel: {type: asymmetric, rank: 2}\ninitialization: spectral\noptimizer: {type: "
      "gradient_descent, step: 0.2}\nstop: {iterations: 3}\nobservers: [relative_error]\n";
  const auto alone = run_one(yaml);
  CHECK(alone->counters().adjoints == 1);
  CHECK(alone->counters().fused == 4);
  CHECK(alone->counters().bytes == 5 * alone->setup().problem->op->bytes());
  CHECK(alone->trace().rows.front()[1] == 2);
  CHECK(alone->cost().bytes == static_cast<Real>(alone->counters().bytes));
  const auto together = run_all(yaml, {"study={repetitions: 4, share: [target, operator, noise]}"});
  REQUIRE(together.size() == 4);
  Real bytes = 0;
  for (const auto& lane : together) {
    CHECK(lane->counters().adjoints == 1);
    CHECK(lane->counters().bytes == alone->counters().bytes);
    bytes += lane->cost().bytes;
  }
  // Read once for all of them: one pass for A*(y), and one in each round.
  CHECK(bytes == doctest::Approx(static_cast<Real>(alone->counters().bytes)));
  for (Index b = 0; b < 2; ++b)
    CHECK(arma::approx_equal(together[0]->iterate().point[b], alone->iterate().point[b], "absdiff", 0));
  const auto entries = run_one(yaml, {"problem.operator={type: entry_sampling, fraction: 0.9}"});
  CHECK(entries->counters().adjoints == 42);
  CHECK(entries->trace().rows.front()[1] == 43);
}

TEST_CASE("momentum goes on where its velocity points uphill and a line search needs descent") {
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const auto lane = run_one(
        fmt::format("seed: {}\nproblem:\n  shape: [20, 15]\n  target: {{type: random_low_rank, rank: 2, condition: "
                    "2}}\n  operator: {{type: gaussian, measurements: 300}}\nmodel: {{type: asymmetric, rank: "
                    "2}}\ninitialization: spectral\noptimizer: {{type: momentum, step: {{type: "
                    "backtracking}}}}\nstop: {{iterations: 500, relative_error: 1e-6}}\n",
                    seed));
    CHECK(lane->end()->end_class == EndClass::converged);
  }
}
