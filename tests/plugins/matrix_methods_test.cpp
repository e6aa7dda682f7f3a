// Methods on X itself, and Nesterov's, against dense formulas.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

const std::string sensing = R"(
seed: 5
problem:
  shape: [12, 10]
  target:   {type: random_low_rank, rank: 2, condition: 3}
  operator: {type: gaussian, measurements: 180}
  noise: {type: gaussian, level: 0.01}
model: {type: asymmetric, rank: 3}
initialization: spectral
optimizer: gauss_newton
stop: {iterations: 3}
observers: [relative_error]
)";
const std::vector<std::string> semidefinite = {"problem.shape=[10, 10]", "problem.target.symmetric=true",
                                               "problem.operator.symmetric=true", "model.type=symmetric",
                                               "problem.operator.measurements=120"};

std::unique_ptr<Lane> run_for(Index iterations, const std::string& optimizer, std::vector<std::string> more = {}) {
  more.push_back("optimizer=" + optimizer);
  more.push_back(fmt::format("stop.iterations={}", iterations));
  return run_one(sensing, more);
}

/// The problem of a run, densely.
struct Dense {
  Mat rows;  // column i = vec(A_i)
  Vec y;
  Index n1, n2, k;
  explicit Dense(const Lane& lane)
      : rows(lane.setup().problem->shape.entries(), lane.setup().problem->op->measurements()),
        y(lane.setup().problem->data),
        n1(lane.setup().problem->shape.rows),
        n2(lane.setup().problem->shape.cols),
        k(lane.iterate().point[0].n_cols) {
    lane.setup().problem->op->dense_rows(0, rows.n_cols, rows.memptr());
  }
  Vec map(const Mat& X) const { return rows.t() * arma::vectorise(X); }
  Mat gradient(const Mat& X) const { return arma::reshape(rows * (map(X) - y), n1, n2); }
  Mat cut(const Mat& X) const {  // best approximation of rank k
    Mat U, V;
    Vec s;
    arma::svd(U, s, V, X);
    return U.head_cols(k) * arma::diagmat(s.head(k)) * V.head_cols(k).t();
  }
  /// The projection of Z onto the tangent space at X.
  Mat tangent(const Mat& X, const Mat& Z) const {
    Mat U, V;
    Vec s;
    arma::svd(U, s, V, X);
    const Mat P = U.head_cols(k) * U.head_cols(k).t(), Q = V.head_cols(k) * V.head_cols(k).t();
    return P * Z + Z * Q - P * Z * Q;
  }
};

Mat X_of(const Lane& lane) { return lane.iterate().X.left * lane.iterate().X.right.t(); }
Real difference(const Mat& a, const Mat& b) { return arma::norm(a - b, "fro") / arma::norm(b, "fro"); }
Real energy(const Mat& a) { return arma::accu(a % a); }

}  // namespace

TEST_CASE("singular value projection cuts X − μG off to the rank, one more pass an iteration") {
  const std::string method = "{type: singular_value_projection, step_size: 0.6}";
  const auto before = run_for(2, method), after = run_for(3, method);
  const Dense dense(*before);
  const Mat X = X_of(*before);
  CHECK(difference(X_of(*after), dense.cut(X - 0.6 * dense.gradient(X))) < 1e-12);
  CHECK(last(*after, "passes") - last(*before, "passes") == 2);
}

TEST_CASE("the normalised step is ‖U Uᵀ G‖²/‖A(U Uᵀ G)‖²") {
  const std::string method = "{type: singular_value_projection, step_rule: normalized}";
  for (const char* start : {"spectral", "{type: small_random, scale: 0}"}) {
    const std::string from = std::string("initialization=") + start;
    for (const Index t : {0U, 2U}) {
      const auto before = run_for(t, method, {from}), after = run_for(t + 1, method, {from});
      const Dense dense(*before);
      const Mat X = X_of(*before), G = dense.gradient(X);
      Mat U, V;
      Vec s;
      arma::svd(U, s, V, arma::norm(X, "fro") > 0 ? X : G);
      const Mat part = U.head_cols(3) * U.head_cols(3).t() * G;
      const Real step = energy(part) / energy(dense.map(part));
      CHECK(last(*after, "step") == doctest::Approx(step).epsilon(1e-10));
      CHECK(difference(X_of(*after), dense.cut(X - step * G)) < 1e-11);
      CHECK(last(*after, "passes") - last(*before, "passes") == 3);
    }
  }
}

TEST_CASE("the Riemannian gradient from the factors' gradients is P_T(G), and the step exact") {
  for (const bool is_symmetric : {false, true}) {
    const std::vector<std::string> more = is_symmetric ? semidefinite : std::vector<std::string>{};
    for (const bool is_exact : {true, false}) {
      const std::string method =
          is_exact ? "riemannian_gradient_descent" : "{type: riemannian_gradient_descent, step_size: 0.3}";
      const auto before = run_for(1, method, more), after = run_for(2, method, more);
      const Dense dense(*before);
      const Mat X = X_of(*before), xi = dense.tangent(X, dense.gradient(X));
      const Real step = is_exact ? energy(xi) / energy(dense.map(xi)) : 0.3;
      CHECK(last(*after, "step") == doctest::Approx(step).epsilon(1e-9));
      CHECK(difference(X_of(*after), dense.cut(X - step * xi)) < 1e-10);
      CHECK(last(*after, "passes") - last(*before, "passes") == (is_exact ? 2 : 1));
    }
  }
}

TEST_CASE("Riemannian gradients do not depend on how the factors hold X") {
  std::vector<std::unique_ptr<Lane>> lanes;
  for (const Real stretch : {1.0, 30.0}) {
    LaneSetup setup = lanes_of(sensing, {"optimizer=riemannian_gradient_descent", "stop.iterations=1"})[0]->setup();
    const Mat Q = arma::eye(3, 3) + stretch * Stream(1, "Q").normal_matrix(3, 3);
    setup.start = {{setup.start[0] * Q, setup.start[1] * arma::inv(Q).t()}};
    lanes.push_back(std::make_unique<Lane>(std::move(setup)));
  }
  Engine().run(lanes);
  CHECK(difference(X_of(*lanes[1]), X_of(*lanes[0])) < 1e-10);
}

TEST_CASE("directions of conjugate gradients: conjugate under A, or by Polak and Ribière") {
  for (const bool is_conjugate : {true, false}) {
    const std::string method =
        fmt::format("{{type: riemannian_conjugate_gradient, rule: {}}}", is_conjugate ? "conjugate" : "polak_ribiere");
    const auto start = run_for(0, method), one = run_for(1, method), two = run_for(2, method);
    const Dense dense(*start);
    const Mat X0 = X_of(*start), X1 = X_of(*one), xi0 = dense.tangent(X0, dense.gradient(X0)),
              xi1 = dense.tangent(X1, dense.gradient(X1)), carried = dense.tangent(X1, -xi0);
    const Real beta = is_conjugate ? arma::dot(dense.map(xi1), dense.map(carried)) / energy(dense.map(carried))
                                   : std::max(0.0, arma::accu(xi1 % (xi1 - dense.tangent(X1, xi0))) / energy(xi0));
    CHECK(at(*two, "beta", 1) == 0);
    CHECK(at(*two, "beta", 2) == doctest::Approx(beta).epsilon(1e-9));
    CHECK(beta > 0);
    const Mat eta = beta * carried - xi1;
    if (is_conjugate)
      CHECK(std::abs(arma::dot(dense.map(eta), dense.map(carried))) <
            1e-10 * arma::norm(dense.map(eta)) * arma::norm(dense.map(carried)));
    const Real step = -arma::accu(xi1 % eta) / energy(dense.map(eta));
    CHECK(last(*two, "step") == doctest::Approx(step).epsilon(1e-9));
    CHECK(difference(X_of(*two), dense.cut(X1 + step * eta)) < 1e-10);
    CHECK(last(*two, "passes") - last(*one, "passes") == (is_conjugate ? 3 : 2));
  }
}

TEST_CASE("where proximal gradients rest, −G is λ times a subgradient of the nuclear norm; acceleration is faster") {
  std::vector<Index> iterations;
  for (const bool is_accelerated : {false, true}) {
    const auto lane = run_for(
        20000,
        fmt::format("{{type: proximal_gradient, step_size: 0.2, weight: 0.02, accelerated: {}}}", is_accelerated),
        {"model.rank=10"});
    const Dense dense(*lane);
    const Mat X = X_of(*lane), G = dense.gradient(X);
    const Real lambda = 0.02 * arma::norm(arma::reshape(dense.rows * dense.y, 12, 10), 2);
    Mat U, V;
    Vec s;
    arma::svd(U, s, V, X);
    const Index rank = arma::accu(s > 1e-8);
    REQUIRE(rank >= 2);
    REQUIRE(rank < 10);
    CHECK(last(*lane, "kept_values") == static_cast<Real>(rank));
    const Mat sign = U.head_cols(rank) * V.head_cols(rank).t(), rest = -G / lambda - sign;
    CHECK(arma::norm(rest * V.head_cols(rank), "fro") < 1e-8);
    CHECK(arma::norm(U.head_cols(rank).t() * rest, "fro") < 1e-8);
    CHECK(arma::norm(rest, 2) <= 1 + 1e-8);
    iterations.push_back(0);
    const std::vector<Real> f = lane->trace().column(lane->trace().find("relative_error").value());
    while (std::abs(f[iterations.back()] - f.back()) > 1e-6) ++iterations.back();
  }
  MESSAGE("to 1e-6 of the end: " << iterations[0] << " plain, " << iterations[1] << " accelerated");
  CHECK(iterations[0] > iterations[1]);
}

TEST_CASE("a semidefinite proximal step reduces eigenvalues") {
  std::vector<std::string> more = semidefinite;
  more.emplace_back("model.rank=10");
  const std::string method =
      "{type: proximal_gradient, step_size: 0.3, weight: 0.05, relative_to: nothing, accelerated: false}";
  const auto before = run_for(3, method, more), after = run_for(4, method, more);
  const Dense dense(*before);
  const Mat X = X_of(*before), step = X - 0.3 * dense.gradient(X);
  Vec values;
  Mat vectors;
  arma::eig_sym(values, vectors, (step + step.t()) / 2);
  values.transform([](Real value) { return std::max(0.0, value - 0.015); });
  CHECK(difference(X_of(*after), vectors * arma::diagmat(values) * vectors.t()) < 1e-11);
}

TEST_CASE("Nesterov's points are x_k + (t_{k−1} − 1)/t_k (x_k − x_{k−1}) with x_{k+1} = p_k − μ∇f(p_k)") {
  for (const bool is_classical : {true, false}) {
    const std::string method =
        fmt::format("{{type: nesterov, beta: 0.7, step: 0.1, sequence: {}}}", is_classical ? "classical" : "constant");
    const auto start = run_for(0, method), end = run_for(6, method);
    const Dense dense(*start);
    std::vector<Mat> x = start->iterate().point.blocks, p = x;
    Real t = 1;
    for (int k = 0; k < 6; ++k) {
      const Mat G = dense.gradient(p[0] * p[1].t());
      const std::vector<Mat> next = {p[0] - 0.1 * G * p[1], p[1] - 0.1 * G.t() * p[0]};
      const Real t_next = (1 + std::sqrt(1 + 4 * t * t)) / 2, beta = is_classical ? (t - 1) / t_next : 0.7;
      for (std::size_t b : {0U, 1U}) p[b] = next[b] + beta * (next[b] - x[b]);
      x = next;
      t = t_next;
    }
    CHECK(difference(end->iterate().point[0], p[0]) < 1e-12);
    CHECK(difference(end->iterate().point[1], p[1]) < 1e-12);
  }
}

TEST_CASE("models, losses and batches that do not fit are refused") {
  const auto refusal = [](const std::string& optimizer, std::vector<std::string> more) {
    more.push_back("optimizer=" + optimizer);
    try {
      return run_one(sensing, more)->end()->reason;
    } catch (const tightrope::Error& error) {
      return std::string(error.what());
    }
  };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  for (const char* method : {"singular_value_projection", "riemannian_gradient_descent",
                             "riemannian_conjugate_gradient", "{type: proximal_gradient, step_size: 0.2}"}) {
    CAPTURE(method);
    CHECK(has(refusal(method, {"model.balancing=1"}), "needs a model without a penalty"));
    CHECK(has(refusal(method, {"batch={size: 60}"}), "needs all measurements at every iteration"));
  }
  for (const char* method : {"{type: singular_value_projection, step_rule: normalized}", "riemannian_gradient_descent",
                             "riemannian_conjugate_gradient"})
    CHECK(has(refusal(method, {"loss=absolute"}), "needs a loss with second derivatives"));
  std::vector<std::string> symmetric = semidefinite;
  CHECK(has(refusal("{type: proximal_gradient, step_size: 0.2}", symmetric), "needs 'accelerated: false' here"));
}
