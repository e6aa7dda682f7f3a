// The operator rank_one against A_i = c a_i b_iᵀ, c a_i a_iᵀ and c a_i a_iᴴ, entry by entry.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <complex>

#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

constexpr Index n1 = 7, n2 = 5, m = 300;

Context context(Shape shape = {n1, n2}) { return {shape, Stream(3, "operator"), std::make_shared<Team>(1)}; }
std::shared_ptr<const MeasurementOperator> of(const std::string& storage, const std::string& normalization = "none",
                                              const std::string& form = "bilinear", Shape shape = {n1, n2}) {
  return made<MeasurementOperator>(
      "rank_one",
      fmt::format("{{measurements: {}, storage: {}, normalization: {}, form: {}}}", m, storage, normalization, form),
      context(shape));
}

/// A_i of variance 1: numbers i(n1 + n2), … of the stream are a_i, then b_i.
Mat measurement(Index i) {
  const Stream stream(3, "operator");
  Mat A(n1, n2);
  for (Index r = 0; r < n1; ++r)
    for (Index c = 0; c < n2; ++c) A(r, c) = stream.normal(i * (n1 + n2) + r) * stream.normal(i * (n1 + n2) + n1 + c);
  return A;
}

/// Numbers i n, … are a_i.
Mat quadratic(Index i) {
  Vec a(n1);
  for (Index r = 0; r < n1; ++r) a[r] = Stream(3, "operator").normal(i * n1 + r);
  return a * a.t();
}

/// aᴴ(Z₁ + iZ₂)a with complex arithmetic; numbers 2ni, … are real parts, then imaginary ones, each of variance ½.
Real complex_quadratic(Index i, const Mat& X) {
  using Complex = std::complex<Real>;
  const Stream stream(3, "operator");
  const auto a = [&](Index j) {
    return Complex(stream.normal(2 * n2 * i + j), stream.normal(2 * n2 * i + n2 + j)) * std::sqrt(0.5);
  };
  Complex sum = 0;
  for (Index r = 0; r < n2; ++r)
    for (Index c = 0; c < n2; ++c) sum += std::conj(a(r)) * Complex(X(r, c), X(n2 + r, c)) * a(c);
  return sum.real();
}

LowRank pair(Shape shape, Index rank) {
  return {Stream(1, "L").normal_matrix(shape.rows, rank), Stream(1, "R").normal_matrix(shape.cols, rank)};
}

}  // namespace

TEST_CASE("A(X)_i = c a_iᵀ X b_i and A*(z) = c Σ z_i a_i b_iᵀ, kept or made again") {
  const LowRank X{Stream(1, "L").normal_matrix(n1, 3), Stream(1, "R").normal_matrix(n2, 3)};
  const Vec z = Stream(1, "z").normal_matrix(m, 1);
  Vec expected(m);
  Mat adjoint(n1, n2, arma::fill::zeros);
  for (Index i = 0; i < m; ++i) {
    expected[i] = arma::accu(measurement(i) % X.dense());
    adjoint += z[i] * measurement(i);
  }
  for (const char* storage : {"float64", "generated"})
    for (const Real c : {1.0, 1 / std::sqrt(static_cast<Real>(m))}) {
      const auto op = of(storage, c == 1 ? "none" : "isotropic");
      Vec found;
      Mat G;
      op->forward(X, found);
      CHECK(arma::norm(found - c * expected) < 1e-12 * arma::norm(expected));
      op->forward(X.dense(), found);
      CHECK(arma::norm(found - c * expected) < 1e-12 * arma::norm(expected));
      op->adjoint(z, G);
      CHECK(arma::norm(G - c * adjoint, "fro") < 1e-12 * arma::norm(adjoint, "fro"));
    }
  CHECK(of("float64")->bytes() == 300 * (n1 + n2) * sizeof(Real));
  CHECK(of("generated")->bytes() == 0);
}

TEST_CASE("the quadratic form is a_iᵀXa_i, of which twins U Uᵀ cost half, and E‖A(X)‖² = ‖X‖² + ½tr²") {
  const Shape square{n1, n1};
  const LowRank X = pair(square, 2), twins{X.left, X.left};
  const Vec y = Stream(2, "y").normal_matrix(m, 1);
  const auto sum = made<Loss>("least_squares", "{}", context(square));
  for (const LowRank& at : {X, twins}) {
    const auto op = of("float64", "isotropic", "quadratic", square);
    const Real c = 1 / std::sqrt(2.0 * m);
    CHECK(op->bytes() == 300 * n1 * sizeof(Real));
    Vec prediction;
    LowRank gradient;
    Evaluation lane{&at, &y, sum.get(), {}, 0, &prediction, &gradient};
    op->evaluate({&lane, 1});
    Mat G(n1, n1, arma::fill::zeros);
    for (Index i = 0; i < m; ++i) {
      CHECK(prediction[i] == doctest::Approx(c * arma::accu(quadratic(i) % at.dense())).epsilon(1e-11));
      G += c * (prediction[i] - y[i]) * quadratic(i);
    }
    CHECK(arma::norm(gradient.left - G * at.right, "fro") < 1e-12 * arma::norm(G, "fro") * arma::norm(at.right, "fro"));
    CHECK(arma::norm(gradient.right - G * at.left, "fro") < 1e-12 * arma::norm(G, "fro") * arma::norm(at.left, "fro"));
  }
  // ½(2‖X‖² + tr²) by Isserlis' theorem; 20 draws of 3000 forms.
  const Mat S = twins.dense();
  Real mean = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Context other{square, Stream(seed, "operator"), std::make_shared<Team>(1)};
    Vec z;
    made<MeasurementOperator>("rank_one", "{measurements: 3000, form: quadratic}", other)->forward(twins, z);
    mean += arma::dot(z, z) / 20;
  }
  CHECK(mean == doctest::Approx(arma::dot(S, S) + std::pow(arma::trace(S), 2) / 2).epsilon(0.05));
}

TEST_CASE("the complex form is Re a_iᴴ Z a_i of Z = X₁ + iX₂, and its adjoint fits") {
  const Shape tall{2 * n2, n2};
  const LowRank X = pair(tall, 3);
  const auto op = of("float64", "none", "complex_quadratic", tall);
  Vec found, some;
  op->forward(X, found);
  for (Index i = 0; i < m; i += 7) CHECK(found[i] == doctest::Approx(complex_quadratic(i, X.dense())).epsilon(1e-11));
  of("generated", "none", "complex_quadratic", tall)->forward(X, some);
  CHECK(arma::norm(found - some) < 1e-13 * arma::norm(found));
  const Vec z = Stream(1, "z").normal_matrix(m, 1);
  Mat G;
  op->adjoint(z, G);
  CHECK(arma::dot(found, z) == doctest::Approx(arma::accu(G % X.dense())).epsilon(1e-11));
  // A*(z) is Hermitian.
  CHECK(arma::norm(G.head_rows(n2) - G.head_rows(n2).t(), "fro") < 1e-12 * arma::norm(G, "fro"));
  CHECK(arma::norm(G.tail_rows(n2) + G.tail_rows(n2).t(), "fro") < 1e-12 * arma::norm(G, "fro"));
}

TEST_CASE("a restriction is the chosen measurements, to the bit if all are chosen, kept or made again") {
  const LowRank X = pair({n1, n2}, 2);
  const std::vector<Index> chosen = {0, 3, 4, 99, 256, 299};
  std::vector<Index> everything(m);
  for (Index i = 0; i < m; ++i) everything[i] = i;
  for (const char* storage : {"float64", "generated"}) {
    const auto op = of(storage);
    Vec all, some;
    op->forward(X, all);
    op->restricted(chosen)->forward(X, some);
    for (Index i = 0; i < chosen.size(); ++i) CHECK(some[i] == doctest::Approx(all[chosen[i]]).epsilon(1e-13));
    op->restricted(chosen)->restricted({1, 5})->forward(X, some);
    CHECK(some[1] == doctest::Approx(all[299]).epsilon(1e-13));
    op->restricted(everything)->forward(X, some);
    CHECK(std::equal(all.begin(), all.end(), some.begin()));
    // Six are filled up with zeros to two groups of four.
    if (op->bytes() > 0) CHECK(op->restricted(chosen)->bytes() == 8 * (n1 + n2) * sizeof(Real));
  }
}

TEST_CASE("a pass over some measurements has their value and gradient, whatever blocks they lie in") {
  const auto sum = made<Loss>("least_squares", "{}", context());
  const LowRank X{Stream(2, "L").normal_matrix(n1, 2), Stream(2, "R").normal_matrix(n2, 2)};
  const Rows rows{203, 90};
  const Vec y = Stream(2, "y").normal_matrix(rows.count, 1);
  Vec prediction;
  LowRank gradient;
  Evaluation lane{&X, &y, sum.get(), {}, 0, &prediction, &gradient};
  of("generated")->evaluate({&lane, 1}, rows);
  Real value = 0;
  Mat G(n1, n2, arma::fill::zeros);
  for (Index i = 0; i < rows.count; ++i) {
    const Mat A = measurement(rows.first + i);
    const Real residual = arma::accu(A % X.dense()) - y[i];
    CHECK(prediction[i] == doctest::Approx(residual + y[i]).epsilon(1e-11));
    value += residual * residual / 2;
    G += residual * A;
  }
  CHECK(lane.value == doctest::Approx(value).epsilon(1e-12));
  CHECK(lane.reads == 1);
  CHECK(arma::norm(gradient.left - G * X.right, "fro") < 1e-11 * arma::norm(G, "fro"));
  CHECK(arma::norm(gradient.right - G.t() * X.left, "fro") < 1e-11 * arma::norm(G, "fro"));
}

TEST_CASE("shapes that a form cannot see are refused") {
  for (const auto& [form, needed] : {std::pair{"quadratic", "5 × 5"}, {"complex_quadratic", "10 × 5"}})
    CHECK_THROWS_WITH_AS(of("float64", "none", form),
                         doctest::Contains(fmt::format("needs a shape of {} for the form {}", needed, form).c_str()),
                         Unsuitable);
}

TEST_CASE("gradient descent recovers from rank-one measurements") {
  const auto lane = run_one(R"(
seed: 2
problem: {shape: [20, 15], target: {type: random_low_rank, rank: 2}, operator: {type: rank_one, measurements: 700}}
model: {type: asymmetric, rank: 2}
initialization: spectral
optimizer: {type: gradient_descent, step: 0.2}
stop: {iterations: 3000, relative_error: 1e-10}
observers: [relative_error]
)");
  CHECK(lane->end()->end_class == EndClass::converged);
}
