// What the theory of small starts, of gradient flow and of large starts watches, against independent formulas.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

std::string asymmetric(const std::string& observers, int rank = 5) {
  return fmt::format(R"(
seed: 3
problem:
  shape: [14, 11]
  target:   {{type: random_low_rank, rank: 2, condition: 2}}
  operator: {{type: gaussian, measurements: 250}}
model: {{type: asymmetric, rank: {}}}
initialization: {{type: small_random, scale: 0.3}}
optimizer: {{type: gradient_descent, step: 0.2}}
stop: {{iterations: 12}}
observers: {}
)",
                     rank, observers);
}

std::string symmetric(const std::string& observers, const std::string& values = "[3, 2, 1]", int rank = 6) {
  return fmt::format(R"(
seed: 3
problem:
  shape: [12, 12]
  target:   {{type: random_low_rank, rank: {}, values: {}, symmetric: true}}
  operator: identity
model: {{type: symmetric, rank: {}}}
initialization: {{type: small_random, scale: 0.3, convention: entry}}
optimizer: {{type: gradient_descent, step: 0.02}}
stop: {{iterations: 30}}
observers: {}
)",
                     std::count(values.begin(), values.end(), ',') + 1, values, rank, observers);
}

const Truth& truth_of(const Lane& lane) { return *lane.setup().problem->truth; }
Mat stacked(const Mat& a, const Mat& b) { return arma::join_cols(a, b); }

/// What refuses it; "" if nothing does.
std::string refusal(const std::string& yaml, const std::vector<std::string>& assignments = {}) {
  try {
    run_one(yaml, assignments);
  } catch (const tightrope::Error& error) {
    return error.what();
  }
  return "";
}
bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Sine of the largest angle by the projectors' difference.
Real sine(const Mat& U, const Mat& Y) { return arma::norm(U * U.t() - Y * Y.t(), 2); }

Mat back_projected(const Lane& lane) {
  Mat M;
  lane.setup().problem->op->adjoint(lane.setup().problem->data, M);
  return M;
}

Mat leading(const Mat& Z, Index r) {
  Mat U, V;
  Vec s;
  arma::svd(U, s, V, Z);
  return U.head_cols(r);
}

}  // namespace

TEST_CASE("a step of gradient descent changes VᵀV − WᵀW by μ²(WᵀMᵀMW − VᵀMMᵀV)") {
  const Real mu = 0.2;
  for (int t = 0; t < 12; ++t) {
    const auto now = run_one(asymmetric("[]"), {fmt::format("stop.iterations={}", t)});
    const auto next = run_one(asymmetric("[]"), {fmt::format("stop.iterations={}", t + 1)});
    const Mat &V = now->iterate().point[0], &W = now->iterate().point[1];
    const SensingProblem& problem = *now->setup().problem;
    Mat M;
    Vec z;
    problem.op->forward(Mat(V * W.t()), z);
    problem.op->adjoint(z - problem.data, M);
    const Mat before = V.t() * V - W.t() * W;
    const Mat after = next->iterate().point[0].t() * next->iterate().point[0] -
                      next->iterate().point[1].t() * next->iterate().point[1];
    const Mat change = mu * mu * (W.t() * M.t() * M * W - V.t() * M * M.t() * V);
    CHECK(arma::norm(after - before - change, "fro") <= 1e-12 * arma::norm(V.t() * V, "fro"));
    CHECK(arma::norm(change, "fro") > 1e-7);
  }
}

TEST_CASE("subspace_angle: stacked factors, and the leading space of A*(y)") {
  const auto lane = run_one(asymmetric("[{subspace_angle: {side: stacked}}, {subspace_angle: {with: spectral}}]"));
  const Factors& p = lane->iterate().point;
  const Svd& svd_of_truth = truth_of(*lane).svd;
  const Mat basis = stacked(svd_of_truth.left.head_cols(2), svd_of_truth.right.head_cols(2)) / std::sqrt(2.0);
  CHECK(last(*lane, "subspace_angle") == doctest::Approx(sine(basis, leading(stacked(p[0], p[1]), 2))).epsilon(1e-10));
  CHECK(last(*lane, "angle_to_spectral") ==
        doctest::Approx(sine(leading(back_projected(*lane), 2), leading(p[0] * p[1].t(), 2))).epsilon(1e-10));
  const auto right = run_one(asymmetric("[{subspace_angle: {with: spectral, side: right, rank: 1}}]"));
  const Factors& q = right->iterate().point;
  CHECK(last(*right, "angle_to_spectral") ==
        doctest::Approx(sine(leading(back_projected(*right).t(), 1), leading(q[1] * q[0].t(), 1))).epsilon(1e-10));
  CHECK(says(refusal(asymmetric("[{subspace_angle: {with: spectral, rank: 6}}]")), "exceeds the factorization rank"));
}

TEST_CASE("signal_noise_split: the two parts by projectors, and the phases by their thresholds") {
  const auto check = [](const Lane& lane, const Mat& Z, const Mat& basis, Real grown) {
    const Mat P = basis.t() * Z, onto = P.t() * arma::pinv(Mat(P * P.t())) * P;  // on the row space of V_Xᵀ Z
    const Vec signal = arma::svd(Mat(Z * onto));
    CHECK(last(lane, "signal") == doctest::Approx(signal[1]).epsilon(1e-10));
    CHECK(last(lane, "noise") == doctest::Approx(arma::norm(Z - Z * onto, 2)).epsilon(1e-10));
    const Real angle = sine(basis, leading(Z * onto, 2));
    CHECK(last(lane, "signal_angle") == doctest::Approx(angle).epsilon(1e-9));
    CHECK(last(lane, "phase") == (angle > 0.5 ? 1 : arma::svd(P)[1] < grown ? 2 : 3));
  };
  std::vector<Real> phases;
  for (const int iterations : {0, 15, 25, 30, 35, 40, 60, 100}) {
    const auto lane = run_one(asymmetric("[signal_noise_split]"),
                              {fmt::format("stop.iterations={}", iterations), "initialization.scale=1e-3"});
    const Svd& of = truth_of(*lane).svd;
    const Factors& p = lane->iterate().point;
    check(*lane, stacked(p[0], p[1]), stacked(of.left.head_cols(2), of.right.head_cols(2)) / std::sqrt(2.0),
          std::sqrt(0.1 * 2 * 0.5));
    phases.push_back(last(*lane, "phase"));
  }
  CHECK(phases.front() == 1);
  CHECK(std::count(phases.begin(), phases.end(), 2) > 0);
  CHECK(phases.back() == 3);
  CHECK(std::is_sorted(phases.begin(), phases.end()));
  const auto single = run_one(symmetric("[signal_noise_split]", "[3, 2]"));
  check(*single, single->iterate().point[0], truth_of(*single).svd.left.head_cols(2), std::sqrt(0.1 * 2));
  CHECK(says(refusal(asymmetric("[signal_noise_split]", 1)), "at least that of the truth"));
}

TEST_CASE("schur_complement: by blocks of P, and the closed form along gradient flow") {
  const std::string negative = "[3, 2, 1, -1, -0.9, -0.8, -0.7, -0.6, -0.5, -0.4, -0.3, -0.2]";
  for (const std::string& values : {std::string("[3, 2, 1]"), negative}) {
    const auto lane = run_one(symmetric("[schur_complement]", values),
                              {"optimizer={type: gradient_flow, method: runge_kutta_4, first_step: 0.001, end_time: 5}",
                               "stop.iterations=9999"});
    const auto deviation = [&](const std::vector<Real>& row) {
      const Real said = row[lane->trace().find("schur_complement_theory").value()];
      return std::abs(row[lane->trace().find("schur_complement").value()] - said) / said;
    };
    Real worst = 0;
    for (const auto& row : lane->trace().rows) worst = std::max(worst, deviation(row));
    CHECK(worst < 1e-10);
    CHECK(lane->trace().rows.size() == 5001);
    // The eigenbasis of M and the blocks as they are defined.
    Vec lambda;
    Mat Q;
    const Mat M = truth_of(*lane).X.dense();
    REQUIRE(arma::eig_sym(lambda, Q, Mat((M + M.t()) / 2)));
    Q = arma::fliplr(Q);
    const auto half = run_one(symmetric("[schur_complement]", values));
    const Mat U = half->iterate().point[0], P = Q.t() * U * U.t() * Q;
    const Mat P1 = P.submat(0, 0, 2, 2), P0 = P.submat(0, 3, 2, 11), P2 = P.submat(3, 3, 11, 11);
    CHECK(last(*half, "schur_complement") ==
          doctest::Approx(arma::norm(P2 - P0.t() * arma::inv(P1) * P0, 2)).epsilon(1e-9));
    CHECK(last(*half, "schur_coupling") == doctest::Approx(arma::norm(arma::inv(P1) * P0, "fro")).epsilon(1e-9));
    CHECK(last(*half, "leading_error") ==
          doctest::Approx(arma::norm(P1 - arma::diagmat(Vec{3, 2, 1}), "fro")).epsilon(1e-9));
    CHECK(at(*half, "schur_complement", 0) == doctest::Approx(at(*half, "schur_complement_theory", 0)).epsilon(1e-12));
  }
  for (const Column& column : run_one(symmetric("[schur_complement]"))->trace().columns)
    if (column.name == "schur_complement_theory") CHECK(column.theory_of == "schur_complement");
  CHECK(says(refusal(asymmetric("[schur_complement]")), "needs a square problem"));
  CHECK(says(refusal(symmetric("[schur_complement]", "[-3, -2, -1]")), "positive eigenvalues"));
}

TEST_CASE("absorbing_set: rows of X in the eigenbasis, and both regions by their definitions") {
  std::vector<Real> absorbed, final_region;
  for (const int iterations : {0, 1, 20, 40, 80, 400}) {
    const auto lane = run_one(symmetric("[absorbing_set]", "[3, 2, 1]", 2),
                              {fmt::format("stop.iterations={}", iterations), "initialization.scale=1.5"});
    Vec lambda;
    Mat Q;
    const Mat M = truth_of(*lane).X.dense();
    REQUIRE(arma::eig_sym(lambda, Q, Mat((M + M.t()) / 2)));
    const Mat X = arma::fliplr(Q).t() * lane->iterate().point[0];
    const auto largest = [](const Mat& K) { return std::pow(arma::norm(K, 2), 2); };
    const Mat K1 = X.tail_rows(11), K2 = X.tail_rows(10);
    CHECK(last(*lane, "row_1") == doctest::Approx(arma::dot(X.row(0), X.row(0))).epsilon(1e-10));
    CHECK(last(*lane, "row_2") == doctest::Approx(arma::dot(X.row(1), X.row(1))).epsilon(1e-10));
    const Real size = largest(X);
    CHECK(last(*lane, "row_1_coupling") ==
          doctest::Approx(arma::norm(X.row(0) * K1.t(), 2)).epsilon(1e-9).scale(1e-6 * size));
    CHECK(last(*lane, "row_2_coupling") ==
          doctest::Approx(arma::norm(X.row(1) * K2.t(), 2)).epsilon(1e-9).scale(1e-6 * size));
    CHECK(last(*lane, "tail") == doctest::Approx(largest(K2)).epsilon(1e-9).scale(1e-6 * size));
    absorbed.push_back(last(*lane, "in_absorbing_set"));
    final_region.push_back(last(*lane, "in_final_region"));
    CHECK(absorbed.back() == (largest(X) <= 6 && largest(K1) <= 3 - 0.75 && largest(K2) <= 2 - 0.75 ? 1 : 0));
    CHECK(final_region.back() ==
          (std::pow(arma::svd(Mat(X.head_rows(2))).min(), 2) >= 0.25 && largest(K2) <= 1.5 ? 1 : 0));
  }
  CHECK(absorbed.front() == 0);
  CHECK(absorbed.back() == 1);
  CHECK(final_region.back() == 1);
  CHECK(says(refusal(symmetric("[absorbing_set]", "[3, 3]", 1)), "distinct leading eigenvalues"));
}

TEST_CASE("symmetric_approximation: what it says of a diagonal matrix is what the dense one has") {
  const std::string yaml = R"(
seed: 2
problem: {type: symmetric_approximation, size: 9, rank: 3, largest: 2, smallest: 1, tail: 0.4}
initialization: {type: small_random, scale: 0.7, convention: sqrt_rows}
optimizer: {type: gradient_descent, step: 0.1}
stop: {iterations: 5}
observers: [{absorbing_set: {eigenvalues: [2, 1.5, 1, 0.4]}}]
)";
  const Mat Sigma = arma::diagmat(arma::join_cols(Vec{2, 1.5, 1}, arma::linspace(0.4, 0, 6)));
  Mat best = Sigma;
  best.submat(3, 3, 8, 8).zeros();
  const auto lane = run_one(yaml), next = run_one(yaml, {"stop.iterations=6"});
  const Mat X = lane->iterate().point[0], residual = X * X.t() - Sigma;
  CHECK(lane->iterate().value == doctest::Approx(arma::accu(residual % residual) / 4).epsilon(1e-13));
  CHECK(arma::norm(next->iterate().point[0] - (X - 0.1 * residual * X), "fro") < 1e-14);
  CHECK(last(*lane, "best_rank_distance") == doctest::Approx(arma::norm(X * X.t() - best, "fro")).epsilon(1e-13));
  CHECK(last(*lane, "row_2") == doctest::Approx(arma::dot(X.row(1), X.row(1))).epsilon(1e-13));
  // At the best approximation nothing cancels: the distance falls to rounding errors.
  CHECK(last(*run_one(yaml, {"stop.iterations=4000", "problem.tail=0"}), "best_rank_distance") < 1e-14);
  CHECK(says(refusal(yaml, {"problem.smallest=3"}), "not in this order"));
  CHECK(says(refusal(yaml, {"observers=[{absorbing_set: {eigenvalues: [2, 2, 1]}}]"}), "two of them are equal"));
}

TEST_CASE("distance: the best rotation is no worse than others, and both distances are invariant") {
  const auto with = [](const std::string& modulo, const std::string& start) {
    return asymmetric("[{distance: {modulo: " + modulo + "}}, relative_error]", 2) + start;
  };
  const auto lane = run_one(with("rotations", ""));
  const Factors& p = lane->iterate().point;
  const LowRank best = balanced(truncated(truth_of(*lane).svd, 2));
  const Mat Z = stacked(p[0], p[1]), wanted = stacked(best.left, best.right);
  const Real said = last(*lane, "rotation_distance");
  CHECK(said * said == doctest::Approx(arma::accu(Z % Z) + arma::accu(wanted % wanted) -
                                       2 * arma::accu(arma::svd(Mat(Z.t() * wanted))))
                           .epsilon(1e-9));
  // Modulo invertible matrices: stationary, below the weighted distance at Q = I and near it.
  const auto scaled = run_one(with("invertible", ""), {"stop.iterations=60"});
  const Mat &L = scaled->iterate().point[0], &R = scaled->iterate().point[1];
  const Mat root = arma::diagmat(arma::sqrt(truth_of(*scaled).svd.values.head(2)));
  const auto at_Q = [&](const Mat& Q) {
    return std::hypot(arma::norm((L * Q - best.left) * root, "fro"),
                      arma::norm((R * arma::inv(Q).t() - best.right) * root, "fro"));
  };
  const Real least = last(*scaled, "scaled_distance");
  Mat Q = arma::pinv(L) * best.left;
  // The same minimum by coordinate search.
  for (Real h = 0.1; h > 1e-9; h /= 2)
    for (int turn = 0; turn < 30; ++turn)
      for (Index i = 0; i < 4; ++i)
        for (const Real by : {h, -h}) {
          Mat other = Q;
          other[i] += by;
          if (at_Q(other) < at_Q(Q)) Q = other;
        }
  CHECK(least == doctest::Approx(at_Q(Q)).epsilon(1e-6));
  CHECK(least > 0);
  CHECK(last(*run_one(with("invertible", ""),
                      {"initialization=stationary_point", "initialization.triples=[1, 2]", "stop.iterations=0"}),
             "scaled_distance") < 1e-14);
  CHECK(says(refusal(asymmetric("[{distance: {modulo: invertible}}]")), "that of the truth for distances"));
}

TEST_CASE("effective_rank and best_rank_error by their definitions") {
  const auto lane =
      run_one(asymmetric("[effective_rank, {effective_rank: {measure: stable}}, {best_rank_error: {rank: 1}}]"));
  const Mat X = lane->iterate().point[0] * lane->iterate().point[1].t();
  const Vec all = arma::svd(X), sigma = all.head(5), p = sigma / arma::accu(sigma);
  CHECK(last(*lane, "effective_rank") == doctest::Approx(std::exp(-arma::dot(p, arma::log(p)))).epsilon(1e-10));
  CHECK(last(*lane, "stable_rank") ==
        doctest::Approx(std::pow(arma::norm(X, "fro") / arma::norm(X, 2), 2)).epsilon(1e-10));
  const Svd& of = truth_of(*lane).svd;
  const Mat best = of.values[0] * of.left.col(0) * of.right.col(0).t();
  CHECK(last(*lane, "best_rank_error") == doctest::Approx(arma::norm(X - best, "fro") / of.values[0]).epsilon(1e-12));
  // Among semidefinite matrices −5 is no part of the best one.
  const auto indefinite = run_one(symmetric("[best_rank_error]", "[-5, 3, 1]", 2), {"stop.iterations=2000"});
  CHECK(last(*indefinite, "best_rank_error") < 1e-10);
  CHECK(last(*indefinite, "objective") == doctest::Approx(12.5).epsilon(1e-10));
}

TEST_CASE("random_low_rank: eigenvalues of either sign, singular values in order") {
  const auto lane = run_one(symmetric("[]", "[0.5, -3, 2]"));
  const Mat M = truth_of(*lane).X.dense();
  CHECK(arma::norm(M - M.t(), "fro") < 1e-14);
  const Vec lambda = arma::eig_sym(Mat((M + M.t()) / 2));
  CHECK(lambda.front() == doctest::Approx(-3).epsilon(1e-13));
  CHECK(lambda.back() == doctest::Approx(2).epsilon(1e-13));
  CHECK(lambda[10] == doctest::Approx(0.5).epsilon(1e-13));
  const Vec& sigma = truth_of(*lane).svd.values;
  for (const auto& [i, value] : {std::pair{0, 3.0}, {1, 2.0}, {2, 0.5}})
    CHECK(sigma[static_cast<Index>(i)] == doctest::Approx(value).epsilon(1e-13));
  CHECK(says(refusal(asymmetric("[]"), {"problem.target={type: random_low_rank, rank: 2, values: [1, -1]}"}),
             "negative"));
  CHECK(
      says(refusal(asymmetric("[]"), {"problem.target={type: random_low_rank, rank: 2, values: [1, 0]}"}), "not zero"));
}

TEST_CASE("stationary_point: no gradient without noise, and the noise leads away") {
  const std::string start = "initialization={type: stationary_point, triples: [2, 3]}";
  const auto still = run_one(symmetric("[gradient_norm, relative_error]"), {start, "stop.iterations=0"});
  CHECK(last(*still, "gradient_norm") < 1e-13);
  CHECK(last(*still, "relative_error") == doctest::Approx(3 / std::sqrt(14.0)).epsilon(1e-12));
  const auto left =
      run_one(symmetric("[relative_error, gradient_norm]"),
              {"initialization={type: stationary_point, triples: [2, 3], noise: 1e-3}", "stop.iterations=4000"});
  CHECK(last(*left, "relative_error") < 1e-2);
  const auto oblong = run_one(asymmetric("[gradient_norm]"), {"problem.operator=identity", "stop.iterations=0",
                                                              "initialization={type: stationary_point, triples: [2]}"});
  CHECK(last(*oblong, "gradient_norm") < 1e-13);
  CHECK(says(refusal(symmetric("[]"), {"initialization={type: stationary_point, triples: [4]}"}), "but there are 3"));
}
