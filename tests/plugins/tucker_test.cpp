// The Tucker model against sums over all indices, its metric against matrices written out, and the start from Gram
// matrices against dense unfoldings.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

constexpr Index n1 = 6, n2 = 5, n3 = 4, r1 = 3, r2 = 2, r3 = 2;

std::shared_ptr<const FactorizationModel> model() {
  return made<FactorizationModel>("tucker", "{sides: [5, 4], ranks: [3, 2, 2]}",
                                  Context({n1, n2 * n3}, Stream(1, "model"), std::make_shared<Team>(1)));
}
Factors point(std::uint64_t seed) { return model()->random_point(Stream(seed, "point")); }

/// Σ S(a, b, c) U1(i, a) U2(j, b) U3(k, c), the unfolding in mode 1.
Mat by_hand(const Factors& p) {
  Mat T(n1, n2 * n3, arma::fill::zeros);
  for (Index i = 0; i < n1; ++i)
    for (Index j = 0; j < n2; ++j)
      for (Index k = 0; k < n3; ++k)
        for (Index a = 0; a < r1; ++a)
          for (Index b = 0; b < r2; ++b)
            for (Index c = 0; c < r3; ++c)
              T(i, j + n2 * k) += p[3](a, b + r2 * c) * p[0](i, a) * p[1](j, b) * p[2](k, c);
  return T;
}

/// The unfolding in a mode of a tensor with sides n given by its unfolding in mode 1; the other modes in order.
Mat unfolded(const Mat& T, const std::vector<Index>& n, Index mode) {
  const Index first = mode == 0 ? 1 : 0, second = mode == 2 ? 1 : 2;
  Mat result(n[mode], n[first] * n[second]);
  for (Index i = 0; i < n[0]; ++i)
    for (Index j = 0; j < n[1]; ++j)
      for (Index k = 0; k < n[2]; ++k) {
        const Index at[] = {i, j, k};
        result(at[mode], at[first] + n[first] * at[second]) = T(i, j + n[1] * k);
      }
  return result;
}

/// What stands beside U_k: Ŭ_k = (U_l ⊗ U_j) S_(k)ᵀ, j < l the other modes.
Mat beside(const Factors& p, Index mode) {
  const Index first = mode == 0 ? 1 : 0, second = mode == 2 ? 1 : 2;
  return arma::kron(p[second], p[first]) * unfolded(p[3], {r1, r2, r3}, mode).t();
}

constexpr const char* completion = R"(
seed: 5
problem:
  shape: [12, 110]
  target:   {type: random_tucker, sides: [11, 10], ranks: [2, 2, 2], condition: 3}
  operator: {type: entry_sampling, fraction: 0.6}
model: {type: tucker, sides: [11, 10], ranks: [2, 2, 2]}
initialization: diagonal_deleted
optimizer: {type: scaled_gradient_descent, step: 0.3}
stop: {iterations: 0}
observers: [relative_error]
)";

}  // namespace

TEST_CASE("the pair is the unfolding of S ×₁ U₁ ×₂ U₂ ×₃ U₃, and U_k times what stands beside it that in mode k") {
  const Factors p = point(1);
  LowRank X;
  model()->expand(p, X);
  const Mat T = by_hand(p);
  CHECK(arma::norm(X.dense() - T, "fro") < 1e-13 * arma::norm(T, "fro"));
  for (Index k = 0; k < 3; ++k)
    CHECK(arma::norm(p[k] * beside(p, k).t() - unfolded(T, {n1, n2, n3}, k), "fro") < 1e-13 * arma::norm(T, "fro"));
}

TEST_CASE("the gradient of ⟨G, T⟩ is G_(k) Ŭ_k for the factors and G ×₁ U₁ᵀ ×₂ U₂ᵀ ×₃ U₃ᵀ for the core") {
  const Factors p = point(2);
  const Mat G = Stream(2, "G").normal_matrix(n1, n2 * n3);
  LowRank X;
  model()->expand(p, X);
  Factors gradient;
  model()->pull_back(p, {G * X.right, G.t() * X.left}, Blocks::all(), gradient);
  for (Index k = 0; k < 3; ++k) {
    const Mat expected = unfolded(G, {n1, n2, n3}, k) * beside(p, k);
    CHECK(arma::norm(gradient[k] - expected, "fro") < 1e-12 * arma::norm(expected, "fro"));
  }
  const Mat core = p[0].t() * G * arma::kron(p[2], p[1]);
  CHECK(arma::norm(gradient[3] - core, "fro") < 1e-12 * arma::norm(core, "fro"));
}

TEST_CASE("the metric is (ŬᵀŬ + δI)⁻¹ for the factors and (G₃ ⊗ G₂ ⊗ G₁ + δI)⁻¹ for the core") {
  const Factors p = point(3), g = point(4);
  for (const Real damping : {0.0, 0.3}) {
    Factors d;
    model()->precondition(p, damping, g, d);
    for (Index k = 0; k < 3; ++k) {
      const Mat expected =
          g[k] * arma::inv(beside(p, k).t() * beside(p, k) + damping * arma::eye(p[k].n_cols, p[k].n_cols));
      CHECK(arma::norm(d[k] - expected, "fro") < 1e-10 * arma::norm(expected, "fro"));
    }
    const Mat M = arma::kron(p[2].t() * p[2], arma::kron(p[1].t() * p[1], p[0].t() * p[0]));
    const Vec expected = arma::solve(M + damping * arma::eye(12, 12), arma::vectorise(g[3]));
    CHECK(arma::norm(arma::vectorise(d[3]) - expected) < 1e-10 * arma::norm(expected));
  }
}

TEST_CASE("scaled iterates do not depend on the coordinates of the factors") {
  // U_k → U_k Q_k with S ×_k Q_k⁻¹ is the same tensor, and a scaled step leads to the same one.
  const Factors p = point(5);
  Factors q = p;
  const Mat Q1 = Stream(1, "Q").normal_matrix(r1, r1), Q2 = Stream(2, "Q").normal_matrix(r2, r2),
            Q3 = Stream(3, "Q").normal_matrix(r3, r3);
  q[0] = p[0] * Q1;
  q[1] = p[1] * Q2;
  q[2] = p[2] * Q3;
  q[3] = arma::inv(Q1) * p[3] * arma::kron(arma::inv(Q3), arma::inv(Q2)).t();
  CHECK(arma::norm(by_hand(q) - by_hand(p), "fro") < 1e-11 * arma::norm(by_hand(p), "fro"));
  const Mat G = Stream(6, "G").normal_matrix(n1, n2 * n3);
  const auto moved = [&](Factors at) {
    LowRank X;
    model()->expand(at, X);
    Factors gradient, direction;
    model()->pull_back(at, {G * X.right, G.t() * X.left}, Blocks::all(), gradient);
    model()->precondition(at, 0, gradient, direction);
    add_scaled(at, -0.01, direction);
    return by_hand(at);
  };
  CHECK(arma::norm(moved(q) - moved(p), "fro") < 1e-9 * arma::norm(by_hand(p), "fro"));
}

TEST_CASE("the start has the leading eigenvectors of Gram matrices with scaled, or deleted, diagonals") {
  for (const bool is_deleted : {false, true}) {
    const auto lane = run_one(completion, {fmt::format("initialization={{type: diagonal_deleted, diagonal: {}}}",
                                                       is_deleted ? "deleted" : "scaled")});
    const SensingProblem& problem = *lane->setup().problem;
    Mat Y;
    problem.op->adjoint(problem.data, Y);
    const Factors& start = lane->setup().start;
    for (Index k = 0; k < 3; ++k) {
      const Mat unfolding = unfolded(Y, {12, 11, 10}, k);
      Mat gram = unfolding * unfolding.t();
      gram.diag() *= is_deleted ? 0 : static_cast<Real>(problem.data.n_elem) / 1320;
      Vec values;
      Mat vectors;
      arma::eig_sym(values, vectors, gram);
      CHECK(arma::norm(start[k] * start[k].t() - vectors.tail_cols(2) * vectors.tail_cols(2).t(), "fro") < 1e-9);
    }
    const Mat core = start[0].t() * Y * arma::kron(start[2], start[1]);
    CHECK(arma::norm(start[3] - core, "fro") < 1e-12 * arma::norm(core, "fro"));
  }
}

TEST_CASE("the random tensor has the spectrum that was asked for, and scaled gradient descent completes it") {
  const auto lane = run_one(completion, {"stop={iterations: 500, relative_error: 1e-10}"});
  const Vec sigma = lane->setup().problem->truth->svd.values;
  CHECK(std::abs(sigma[0] - 1) < 1e-12);
  CHECK(std::abs(sigma[1] - 1 / 3.0) < 1e-12);
  CHECK(lane->setup().problem->truth->X.rank() == 2);
  CHECK(lane->end()->end_class == EndClass::converged);
  // Ranks that differ.
  const auto other = run_one(completion, {"problem.target.ranks=[2, 3, 2]", "model.ranks=[2, 3, 2]",
                                          "stop={iterations: 500, relative_error: 1e-10}"});
  CHECK(other->end()->end_class == EndClass::converged);
}

TEST_CASE("every first-order method moves on it") {
  for (const char* method : {"gradient_descent", "momentum", "nesterov", "alternating_gradient_descent",
                             "scaled_gradient_descent", "alternating_scaled_gradient_descent"}) {
    CAPTURE(method);
    const auto lane =
        run_one(completion, {fmt::format("optimizer={{type: {}, step: 0.1}}", method), "stop={iterations: 40}"});
    CHECK(last(*lane, "relative_error") < 0.5 * at(*lane, "relative_error", 0));
  }
}

TEST_CASE("of a matrix, and of operators that see no single entries, the start is U UᵀY") {
  for (const char* choice : {"{type: gaussian, measurements: 900}", "{type: entry_sampling, fraction: 0.6}"}) {
    const auto lane = run_one(completion, {std::string("problem.operator=") + choice,
                                           "model={type: asymmetric, rank: 2}", "optimizer.step=0.1"});
    const SensingProblem& problem = *lane->setup().problem;
    Mat Y;
    problem.op->adjoint(problem.data, Y);
    Mat gram = Y * Y.t(), vectors;
    if (!problem.op->entries().empty()) gram.diag() *= static_cast<Real>(problem.data.n_elem) / 1320;
    Vec values;
    arma::eig_sym(values, vectors, gram);
    const Mat U = vectors.tail_cols(2);
    const Factors& start = lane->setup().start;
    CHECK(arma::norm(start[0] * start[1].t() - U * U.t() * Y, "fro") < 1e-10 * arma::norm(Y, "fro"));
  }
}

TEST_CASE("what is no tensor of these sides is refused") {
  CHECK(message_of(completion, {"model.sides=[11, 11]"}).find("needs as many columns as entries in a slice, 11 × 11") !=
        std::string::npos);
  CHECK(message_of(completion, {"model.ranks=[5, 2, 2]"}).find("needs ranks that are at most") != std::string::npos);
}
