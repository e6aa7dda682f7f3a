// Baselines of matrix completion against dense linear algebra: alternating steepest descent, GNMR, MatrixIRLS, NIHT,
// masks.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "plugins/shared/block_krylov.hpp"
#include "plugins/shared/lsqr.hpp"
#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

const std::string completion = R"(
seed: 5
problem:
  shape: [14, 12]
  target:   {type: random_low_rank, rank: 2, condition: 3}
  operator: {type: entry_sampling, count: 110, at_least_per_line: 3}
model: {type: asymmetric, rank: 2}
initialization: spectral
optimizer: gnmr
stop: {iterations: 3}
observers: [relative_error]
)";

std::unique_ptr<Lane> run_for(Index iterations, const std::string& optimizer, std::vector<std::string> more = {}) {
  more.push_back("optimizer=" + optimizer);
  more.push_back(fmt::format("stop.iterations={}", iterations));
  return run_one(completion, more);
}

/// The operator as a matrix, whose column i is vec(A_i).
Mat rows_of(const Lane& lane) {
  const MeasurementOperator& op = *lane.setup().problem->op;
  Mat rows(op.shape().entries(), op.measurements()), G;
  for (Index i = 0; i < rows.n_cols; ++i) {
    Vec unit(rows.n_cols, arma::fill::zeros);
    unit[i] = 1;
    op.adjoint(unit, G);
    rows.col(i) = arma::vectorise(G);
  }
  return rows;
}
Vec map(const Mat& rows, const Mat& X) { return rows.t() * arma::vectorise(X); }
Mat product(const Factors& p) { return p[0] * p[1].t(); }
Mat cut(const Mat& X, Index rank) {
  Mat U, V;
  Vec s;
  arma::svd(U, s, V, X);
  return U.head_cols(rank) * arma::diagmat(s.head(rank)) * V.head_cols(rank).t();
}
Real difference(const Mat& a, const Mat& b) { return arma::norm(a - b, "fro") / arma::norm(b, "fro"); }
Vec flat(const Factors& p) { return arma::join_cols(arma::vectorise(p[0]), arma::vectorise(p[1])); }
Mat unit(Index rows, Index cols, Index i) {
  Mat E(rows, cols, arma::fill::zeros);
  E[i] = 1;
  return E;
}

/// J, column by column, of the model V Wᵀ.
Mat jacobian(const Mat& rows, const Factors& p) {
  Mat J;
  for (Index i = 0; i < p[0].n_elem; ++i)
    J.insert_cols(J.n_cols, map(rows, unit(p[0].n_rows, p[0].n_cols, i) * p[1].t()));
  for (Index i = 0; i < p[1].n_elem; ++i)
    J.insert_cols(J.n_cols, map(rows, p[0] * unit(p[1].n_rows, p[1].n_cols, i).t()));
  return J;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE(
    "alternating steepest descent steps by ‖G‖²/‖A(G Wᵀ)‖², scaled by ⟨G, D⟩/‖A(D Wᵀ)‖², and leaves a residual "
    "orthogonal to the step") {
  for (const bool is_scaled : {false, true}) {
    const std::string method =
        fmt::format("{{type: alternating_{}gradient_descent, step: exact_line_search}}", is_scaled ? "scaled_" : "");
    const auto before = run_for(2, method), after = run_for(3, method);
    const Mat rows = rows_of(*before);
    const Vec& y = before->setup().problem->data;
    Factors p = before->iterate().point;
    for (const Index side : {0U, 1U}) {
      const Mat G = arma::reshape(rows * (map(rows, product(p)) - y), 14, 12),
                gradient = side == 0 ? Mat(G * p[1]) : Mat(G.t() * p[0]), &other = p[1 - side],
                D = is_scaled ? Mat(gradient * arma::inv(other.t() * other)) : gradient;
      const Vec AD = map(rows, side == 0 ? Mat(D * other.t()) : Mat(other * D.t()));
      p[side] -= arma::dot(gradient, D) / arma::dot(AD, AD) * D;
      const Vec residual = map(rows, product(p)) - y;
      CHECK(std::abs(arma::dot(residual, AD)) < 1e-12 * arma::norm(AD) * arma::norm(y));
    }
    CHECK(difference(after->iterate().point[0], p[0]) < 1e-10);
    CHECK(difference(after->iterate().point[1], p[1]) < 1e-10);
  }
}

TEST_CASE("LSQR finds the solution of least norm: that of the pseudo-inverse, of a matrix without full rank, too") {
  const Mat L = Stream(1, "L").normal_matrix(20, 6), R = Stream(1, "R").normal_matrix(15, 6), B = L * R.t();
  for (const bool fits : {true, false}) {
    const Vec b = fits ? Vec(B * Stream(2, "x").normal_matrix(15, 1)) : Vec(Stream(2, "b").normal_matrix(20, 1));
    Factors x{{Mat(10, 1, arma::fill::ones), Mat(5, 1, arma::fill::ones)}};
    const LsqrEnd end = lsqr(
        b, {}, [&](const Factors& v, Vec& u) { u = B * flat(v); },
        [&](const Vec& u, Factors& v) {
          const Vec all = B.t() * u;
          v = {{all.head(10), all.tail(5)}};
        },
        x);
    const Vec expected = arma::pinv(B, 1e-10) * b;
    CHECK(difference(flat(x), expected) < 1e-10);
    CHECK(end.residual == doctest::Approx(arma::norm(B * expected - b) / arma::norm(b)).epsilon(1e-6).scale(1e-7));
    CHECK(end.iterations <= 20);
  }
}

TEST_CASE("the condition limit ends LSQR before what rounding brings in from the null space grows") {
  // Singular values from 1 to 1e-3, and ten that are 0: without a limit, steps go on for as long as they are let.
  const Mat L = orthonormal_basis(Stream(6, "L").normal_matrix(60, 30)),
            R = orthonormal_basis(Stream(6, "R").normal_matrix(40, 30));
  const Mat B = L * arma::diagmat(arma::logspace<Vec>(0, -3, 30)) * R.t();
  const Vec b = B * Stream(7, "x").normal_matrix(40, 1), expected = arma::pinv(B, 1e-8) * b;
  const auto found = [&](const LsqrRules& rules) {
    Factors x{{Mat(40, 1)}};
    const LsqrEnd end = lsqr(
        b, rules, [&](const Factors& v, Vec& u) { u = B * v[0]; },
        [&](const Vec& u, Factors& v) { v = {{Mat(B.t() * u)}}; }, x);
    return std::pair{difference(x[0], expected), end.iterations};
  };
  const auto [limited, few] = found({.tolerance = 0, .condition_limit = 1e8, .most_iterations = 20000});
  CHECK(limited < 1e-6);
  CHECK(few < 20000);
  const auto [loose, least] = found({.tolerance = 0, .condition_limit = 100, .most_iterations = 20000});
  CHECK(loose > 1e-6);
  CHECK(least < few);
  const auto [unlimited, all] = found({.tolerance = 0, .condition_limit = 1e300, .most_iterations = 20000});
  CHECK(unlimited > 1e-3);
  MESSAGE("error " << limited << " after " << few << " iterations; without a limit " << unlimited << " after " << all);
}

TEST_CASE("each variant of GNMR is ½(1 − α) p + J⁺(y − z + ½(1 + α) J p), and publishes the linearized matrix") {
  for (const auto& [variant, alpha] : {std::pair{"setting", 1.0}, {"averaging", 0.0}, {"updating", -1.0}}) {
    const std::string name = variant;
    CAPTURE(name);
    const std::string method = fmt::format("{{type: gnmr, variant: {}}}", name);
    // Where a factor is longer than the other one, the variants differ.
    const std::vector<std::string> from = {"initialization={type: unbalanced_spectral, imbalance: 3}"};
    const auto before = run_for(0, method, from), after = run_for(1, method, from);
    const Mat rows = rows_of(*before);
    const Factors &p = before->iterate().point, &next = after->iterate().point;
    const Mat J = jacobian(rows, p), X = product(p);
    const Vec s =
        arma::pinv(J, 1e-9) * (before->setup().problem->data - map(rows, X) + (1 + alpha) / 2 * (J * flat(p)));
    const Vec expected = (1 - alpha) / 2 * flat(p) + s;
    CHECK(difference(flat(next), expected) < 1e-9);
    const Mat linearized = p[0] * next[1].t() + next[0] * p[1].t() - X;
    REQUIRE(after->estimate() != nullptr);
    CHECK(difference(after->estimate()->left * after->estimate()->right.t(), cut(linearized, 2)) < 1e-10);
    CHECK(last(*after, "relative_error") ==
          doctest::Approx(difference(cut(linearized, 2), before->setup().problem->truth->X.dense())).epsilon(1e-8));
    CHECK(last(*after, "passes") - last(*before, "passes") ==
          2 * last(*after, "inner_iterations") + (alpha > -1 ? 3 : 2));
  }
}

TEST_CASE("GNMR converges quadratically") {
  for (const char* variant : {"setting", "averaging", "updating"}) {
    CAPTURE(std::string(variant));
    const auto error = column(*run_for(12, fmt::format("{{type: gnmr, variant: {}}}", variant)), "relative_error");
    int pairs = 0;
    for (std::size_t t = 1; t + 1 < error.size(); ++t)
      if (error[t] < 0.03 && error[t] > 1e-4) {
        CHECK(error[t + 1] < 50 * error[t] * error[t]);
        ++pairs;
      }
    CHECK(pairs >= 1);
    CHECK(error.back() < 1e-12);
  }
}

TEST_CASE("GNMR sees a scaled loss as least squares, and refuses those of another curvature") {
  const auto sum = run_for(4, "gnmr"), mean = run_for(4, "gnmr", {"loss={type: least_squares, reduction: mean}"});
  CHECK(difference(mean->iterate().point[0], sum->iterate().point[0]) < 1e-8);
  // What is held out is not fitted: the gradient of the others vanishes at the end.
  const auto part = run_for(40, "{type: gnmr, variant: updating}",
                            {"problem.hold_out={fraction: 0.1}", "problem.noise={type: gaussian, level: 0.01}"});
  CHECK(norm(part->iterate().gradient) < 1e-9);
  CHECK(last(*part, "validation_error") > 1e-3);
  CHECK(has(message_of(completion, {"loss={type: huber, threshold: 0.1}"}), "needs a quadratic loss"));
  CHECK(has(message_of(completion, {"model.balancing=1"}), "needs a model without a penalty"));
}

TEST_CASE("leading triples are those of the dense SVD, down to rounding errors of the largest") {
  const Mat U = orthonormal_basis(Stream(3, "U").normal_matrix(60, 8)),
            V = orthonormal_basis(Stream(3, "V").normal_matrix(50, 8));
  const Vec sigma{5, 3, 1, 1e-3, 1e-6, 1e-9, 1e-11, 1e-12};
  const Mat Z = U * arma::diagmat(sigma) * V.t();
  const Svd found =
      leading_triples([&](const Mat& B, Mat& C) { C = Z * B; }, [&](const Mat& B, Mat& C) { C = Z.t() * B; },
                      Stream(3, "block").normal_matrix(50, 10), 2, 6);
  REQUIRE(found.values.n_elem == 6);
  for (Index i = 0; i < 6; ++i) CHECK(std::abs(found.values[i] - sigma[i]) < 1e-14);
  CHECK(difference(found.left * arma::diagmat(found.values) * found.right.t(), Z) < 1e-11);
}

TEST_CASE("every Z of MatrixIRLS is the dense solution of its weighted least squares, and ε its next singular value") {
  for (const char* op : {"", "problem.operator={type: gaussian, measurements: 110}"}) {
    std::vector<std::string> more;
    if (*op) more.emplace_back(op);
    const std::string method = "{type: matrix_irls, tolerance: 1e-14}";
    Real epsilon = std::numeric_limits<Real>::infinity();
    Mat Z;
    for (Index t = 0; t < 5; ++t) {
      const auto after = run_for(t + 1, method, more);
      const Mat rows = rows_of(*after);
      const Vec& y = after->setup().problem->data;
      // Z = W⁻¹A*(A W⁻¹ A*)⁻¹ y, W⁻¹ in the basis of all u_i v_jᵀ; W = I for ε = ∞.
      Mat inverse = arma::eye(rows.n_rows, rows.n_rows);
      if (t > 0) {
        Mat U, V;
        Vec s, left(14), right(12);
        arma::svd(U, s, V, Z);
        left.fill(epsilon);
        for (Index i = 0; i < 12; ++i) left[i] = right[i] = std::max(s[i], epsilon);
        const Mat basis = arma::kron(V, U);
        inverse = basis * arma::diagmat(arma::kron(right, left)) * basis.t();
      }
      const Mat middle = rows.t() * inverse * rows;
      Z = arma::reshape(inverse * rows * arma::solve(middle, y), 14, 12);
      CHECK(difference(product(after->iterate().point), cut(Z, 2)) < 1e-8);
      const Vec sigma = arma::svd(Z);
      epsilon = std::min(epsilon, sigma[2]);
      CHECK(last(*after, "epsilon") == doctest::Approx(epsilon).epsilon(1e-7));
    }
  }
}

TEST_CASE("MatrixIRLS converges superlinearly from few entries, and refuses labels and models of every rank") {
  const auto lane = run_for(40, "matrix_irls");
  const auto error = column(*lane, "relative_error"), epsilon = column(*lane, "epsilon");
  CHECK(error.back() < 1e-12);
  std::size_t last_large = 0;
  for (std::size_t t = 0; t < error.size(); ++t)
    if (error[t] > 1e-2) last_large = t;
  REQUIRE(last_large + 4 < error.size());
  CHECK(error[last_large + 4] < 1e-9);
  for (std::size_t t = 2; t < epsilon.size(); ++t) CHECK(epsilon[t] <= epsilon[t - 1]);
  CHECK(has(message_of(completion, {"optimizer=matrix_irls", "model.rank=12"}), "needs a model of all matrices"));
  CHECK(has(message_of(completion, {"optimizer=matrix_irls", "loss=logistic"}), "needs"));
  CHECK(has(message_of(completion, {"optimizer=matrix_irls", "problem.hold_out={fraction: 0.1}"}), "are held out"));
}

TEST_CASE(
    "masks are drawn again until every line has enough entries, and the first draw is the one without that rule") {
  const auto entries = [](const std::vector<std::string>& settings) {
    std::vector<std::string> more = {"optimizer={type: gradient_descent, step: 0.1}", "stop.iterations=0"};
    more.insert(more.end(), settings.begin(), settings.end());
    return run_one(completion, more)->setup().problem->op->entries();
  };
  const auto least = [](const std::vector<MatrixEntry>& all) {
    std::vector<int> rows(14), cols(12);
    for (const MatrixEntry& entry : all) {
      ++rows[entry.row];
      ++cols[entry.column];
    }
    return std::min(std::ranges::min(rows), std::ranges::min(cols));
  };
  const auto same = [](const std::vector<MatrixEntry>& a, const std::vector<MatrixEntry>& b) {
    return std::ranges::equal(a, b, [](auto x, auto y) { return x.row == y.row && x.column == y.column; });
  };
  const std::string sampling = "problem.operator={type: entry_sampling, count: 80, at_least_per_line: ";
  const auto free = entries({sampling + "0}"});
  const Index found = static_cast<Index>(least(free));
  CHECK(same(entries({sampling + std::to_string(found) + "}"}), free));
  const auto more = entries({sampling + std::to_string(found + 1) + "}"});
  CHECK(least(more) >= static_cast<int>(found) + 1);
  CHECK(more.size() == 80);
  const auto by_freedom = entries({"problem.operator={type: entry_sampling, oversampling: 1.5, rank: 2}"});
  CHECK(by_freedom.size() == 72);  // 1.5 · 2 (14 + 12 − 2)

  const auto refusal = [](const std::string& op) { return message_of(completion, {"problem.operator=" + op}); };
  CHECK(has(refusal("{type: entry_sampling, count: 80, at_least_per_line: 6}"), "cannot be so"));
  CHECK(has(refusal("{type: entry_sampling, count: 80, at_least_per_line: 13}"), "cannot be so"));
  CHECK(has(refusal("{type: entry_sampling, count: 80, at_least_per_line: 5, draws: 2}"),
            "has found no such set in 2 draws"));
  CHECK(has(refusal("{type: entry_sampling, count: 80, fraction: 0.5}"), "needs exactly one of"));
  CHECK(has(refusal("{type: entry_sampling, oversampling: 1.5}"), "'oversampling' and 'rank' together"));
}
