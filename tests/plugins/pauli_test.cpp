// Pauli strings against Kronecker products, the Hermitian model against complex arithmetic, and what tomography finds.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "plugins/shared/complex_pair.hpp"
#include "plugins/shared/pauli_strings.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

Context context(Shape shape, unsigned threads = 1) {
  return {shape, Stream(3, "operator"), std::make_shared<Team>(threads)};
}
std::shared_ptr<const MeasurementOperator> pauli(Shape shape, Index m, const std::string& normalization = "isotropic") {
  return made<MeasurementOperator>("pauli", fmt::format("{{measurements: {}, normalization: {}}}", m, normalization),
                                   context(shape));
}
ComplexMat random_complex(std::uint64_t seed, Index rows, Index cols) {
  return ComplexMat(Stream(seed, "re").normal_matrix(rows, cols), Stream(seed, "im").normal_matrix(rows, cols));
}

/// The string as a matrix, one of I, X, Y, Z for each qubit.
ComplexMat kronecker(const PauliString& string, Index qubits) {
  const std::complex<Real> i(0, 1);
  ComplexMat product(1, 1, arma::fill::ones);
  for (Index qubit = 0; qubit < qubits; ++qubit) {
    const bool x = (string.x >> qubit) & 1U, z = (string.z >> qubit) & 1U;
    ComplexMat one(2, 2, arma::fill::zeros);
    one(x ? 1 : 0, 0) = x && z ? i : 1;
    one(x ? 0 : 1, 1) = x && z ? -i : z ? -1.0 : 1.0;
    product = arma::kron(one, product);
  }
  return product;
}

}  // namespace

TEST_CASE("the Walsh-Hadamard transform sums with the signs of common bits, and is its own inverse but for d") {
  Vec v = Stream(1, "v").normal_matrix(16, 1);
  const Vec before = v;
  walsh_hadamard(v.memptr(), 16);
  for (Index z = 0; z < 16; ++z) {
    Real sum = 0;
    for (Index j = 0; j < 16; ++j) sum += (std::popcount(z & j) % 2 == 0 ? 1 : -1) * before[j];
    CHECK(v[z] == doctest::Approx(sum).epsilon(1e-13));
  }
  walsh_hadamard(v.memptr(), 16);
  CHECK(arma::norm(v / 16 - before) < 1e-14);
}

TEST_CASE("measurements are c Re tr(P ρ) of Kronecker products at 3 qubits, ρ Hermitian or not, complex or real") {
  for (const bool real : {false, true}) {
    const Shape shape{real ? 8U : 16U, 8};
    const Index m = real ? 20 : 30;
    const auto strings = random_strings(8, real, m, Stream(3, "operator"));
    const LowRank X{Stream(1, "L").normal_matrix(shape.rows, 2), Stream(1, "R").normal_matrix(8, 2)};
    const ComplexMat rho = real ? as_complex(X.dense()) : from_stacked(X.dense());
    const Real c = std::sqrt(real ? 9.0 / 40 : 8.0 / 30);
    Vec found;
    pauli(shape, m)->forward(X, found);
    for (Index i = 0; i < m; ++i) {
      const ComplexMat P = kronecker(strings[i], 3);
      CHECK(found[i] == doctest::Approx(c * arma::trace(ComplexMat(P * rho)).real()).epsilon(1e-12));
      if (real) CHECK(frobenius_norm(arma::imag(P)) == 0);
    }
    Vec unscaled;
    pauli(shape, m, "none")->forward(X, unscaled);
    CHECK(arma::norm(c * unscaled - found) < 1e-14);
  }
}

TEST_CASE("strings are drawn without repetition, and all of them together are an isometry of Hermitian matrices") {
  for (const bool real : {false, true}) {
    const Index m = available_strings(8, real);
    CHECK(m == (real ? 36 : 64));
    std::set<std::pair<Index, Index>> different;
    for (const PauliString& string : random_strings(8, real, m, Stream(5, "strings")))
      different.insert({string.x, string.z});
    CHECK(different.size() == m);
    const ComplexMat Z = random_complex(2, 8, 8);
    const Mat H = arma::real(Z) + arma::real(Z).t(), K = arma::imag(Z) - arma::imag(Z).t();
    const Mat X = real ? H : Mat(arma::join_cols(H, K));
    const auto all = pauli({X.n_rows, 8}, m);
    Vec z;
    Mat again;
    all->forward(X, z);
    CHECK(arma::norm(z) == doctest::Approx(frobenius_norm(X)).epsilon(1e-13));
    all->adjoint(z, again);
    CHECK(frobenius_norm(again - X) < 1e-13 * frobenius_norm(X));
  }
}

TEST_CASE("a pass over some strings, within and across groups, is that of the restriction to them") {
  const Shape shape{16, 8};
  const auto op = pauli(shape, 50);
  const auto loss = made<Loss>("least_squares", "{}", context(shape));
  const LowRank X{Stream(1, "L").normal_matrix(16, 3), Stream(1, "R").normal_matrix(8, 3)};
  for (const Rows rows : {Rows{0, 50}, {7, 1}, {3, 2}, {13, 31}}) {
    std::vector<Index> chosen;
    for (Index i = rows.first; i < rows.end(); ++i) chosen.push_back(i);
    const auto part = op->restricted(chosen);
    const Vec y = Stream(2, "y").normal_matrix(rows.count, 1);
    Vec z, expected;
    LowRank gradient, of_part;
    Evaluation lane{&X, &y, loss.get(), {}, 0, &z, &gradient};
    op->evaluate({&lane, 1}, rows);
    part->forward(X, expected);
    CHECK(arma::norm(z - expected) <= 1e-14 * arma::norm(expected));
    CHECK(lane.value == doctest::Approx(arma::dot(z - y, z - y) / 2).epsilon(1e-13));
    CHECK(lane.reads == 1);
    part->pull_back(expected - y, X, of_part);
    CHECK(frobenius_norm(gradient.left - of_part.left) < 1e-13 * frobenius_norm(of_part.left));
    CHECK(frobenius_norm(gradient.right - of_part.right) < 1e-13 * frobenius_norm(of_part.right));
  }
}

TEST_CASE("shapes that are no qubits, and more strings than there are, are refused") {
  const auto refusal = [](Shape shape, Index m) -> std::string {
    try {
      pauli(shape, m);
    } catch (const Unsuitable& reason) {
      return reason.what();
    }
    return "";
  };
  for (const Shape shape : {Shape{12, 6}, {16, 4}, {6, 6}})
    CHECK(refusal(shape, 3).find("needs a shape of 2d × d, or d × d for real states, with a power of 2 as d") !=
          std::string::npos);
  CHECK(refusal({8, 4}, 17).find("needs at most as many measurements as there are strings, 16") != std::string::npos);
  CHECK(refusal({8, 4}, 16).empty());
}

TEST_CASE("the Hermitian model has the gradient 2(Z − M)U and the metric UᴴU, in both of its real forms") {
  const Index n = 6, k = 2;
  const ComplexMat U = random_complex(1, n, k), D = random_complex(2, n, k), M = U * U.t();
  const Factors point{{side_by_side(U)}};
  for (const bool is_square : {false, true}) {
    const Shape shape{2 * n, is_square ? 2 * n : n};
    const auto model = made<FactorizationModel>("complex_symmetric", "{rank: 2}", context(shape));
    LowRank X, dX;
    model->expand(point, X);
    const Mat form =
        is_square ? Mat(arma::join_rows(stacked(M), stacked(ComplexMat(M * std::complex<Real>(0, 1))))) : stacked(M);
    CHECK(frobenius_norm(X.dense() - form) < 1e-13 * frobenius_norm(form));
    // ℓ = ½‖X − 0‖² has G = X.
    const LowRank gradient_of_X{X.dense() * X.right, X.dense().t() * X.left};
    Factors gradient, direction;
    model->pull_back(point, gradient_of_X, Blocks::all(), gradient);
    const Real copies = is_square ? 2 : 1;
    CHECK(frobenius_norm(gradient[0] - 2 * copies * side_by_side(ComplexMat(M * U))) < 1e-11);
    model->push_forward(point, {{side_by_side(D)}}, dX);
    const ComplexMat dZ = D * U.t() + U * D.t();
    CHECK(frobenius_norm(dX.dense().head_cols(n) - stacked(dZ)) < 1e-12 * frobenius_norm(dX.dense()));
    model->precondition(point, 0.5, {{side_by_side(D)}}, direction);
    const ComplexMat damped = U.t() * U + 0.5 * ComplexMat(arma::eye<ComplexMat>(k, k));
    CHECK(frobenius_norm(direction[0] - side_by_side(ComplexMat(D * arma::inv(damped)))) < 1e-12);
    // Of a Hermitian matrix with eigenvalues of both signs it takes the positive ones.
    const LowRank N{X.left * arma::diagmat(Vec{3, -1, 3, -1}), X.right};
    model->expand(model->from_svd(svd(N)), dX);
    ComplexMat vectors;
    Vec values;
    const ComplexMat mixed = U * arma::diagmat(arma::Col<std::complex<Real>>{3, -1}) * U.t();
    arma::eig_sym(values, vectors, mixed);
    const ComplexMat best = values[n - 1] * vectors.col(n - 1) * vectors.col(n - 1).t();
    CHECK(frobenius_norm(dX.dense().head_cols(n) - stacked(best)) < 1e-12 * values[n - 1]);
  }
}

TEST_CASE("targets: a GHZ state, and a random Hermitian matrix with the eigenvalues that are asked for") {
  const auto state = made<Target>("quantum_state", "{state: ghz_minus}", context({16, 8}));
  Mat expected(16, 8, arma::fill::zeros);
  expected(0, 0) = expected(7, 7) = 0.5;
  expected(0, 7) = expected(7, 0) = -0.5;
  CHECK(frobenius_norm(state->matrix().dense() - expected) < 1e-15);
  const auto superposed = made<Target>("quantum_state", "{state: hadamard}", context({8, 8}));
  CHECK(frobenius_norm(superposed->matrix().dense() - 1.0 / 8) < 1e-15);
  const auto random =
      made<Target>("random_low_rank", "{rank: 2, condition: 4, scale: 3, hermitian: true}", context({14, 7}));
  const ComplexMat Z = from_stacked(random->matrix().dense());
  CHECK(frobenius_norm(arma::abs(Z - Z.t())) < 1e-14);
  CHECK(frobenius_norm(arma::imag(Z)) > 0.1);
  const Vec values = arma::eig_sym(Z);
  CHECK(values[6] == doctest::Approx(3).epsilon(1e-13));
  CHECK(values[5] == doctest::Approx(0.75).epsilon(1e-13));
  CHECK(std::abs(values[4]) < 1e-14);
  CHECK(random->rank() == 4);
}

TEST_CASE("tomography of 4 qubits finds the state by every method of first order, spectral start or random") {
  for (const std::string optimizer :
       {"{type: gradient_descent, step: 0.1}", "{type: nesterov, beta: 0.75, step: 0.06}",
        "{type: momentum, beta: 0.5, step: 0.05}", "{type: scaled_gradient_descent, step: 0.25}",
        "{type: gradient_descent, step: exact_line_search}",
        "{type: gradient_descent, step: {type: barzilai_borwein, first: 0.05}}"}) {
    CAPTURE(optimizer);
    const auto lane = run_one(fmt::format(R"(
seed: 2
problem: {{shape: [32, 16], target: {{type: quantum_state}}, operator: {{type: pauli, measurements: 150}}}}
model: {{type: complex_symmetric, rank: 1}}
initialization: spectral
optimizer: {}
stop: {{iterations: 1000, relative_error: 1e-8}}
observers: [relative_error]
)",
                                          optimizer));
    CHECK(lane->end()->end_class == EndClass::converged);
  }
}
