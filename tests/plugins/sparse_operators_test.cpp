// Operators that never form their A_i, sparse and by Hadamard transforms, against these A_i written out.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "plugins/shared/complex_pair.hpp"
#include "plugins/shared/signed_hadamard.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

Context context(Shape shape) { return {shape, Stream(3, "operator"), std::make_shared<Team>(1)}; }

/// All A_i as columns: the operator at the unit matrices.
Mat written_out(const MeasurementOperator& op) {
  Mat all(op.shape().entries(), op.measurements());
  for (Index e = 0; e < all.n_rows; ++e) {
    Mat X(op.rows(), op.cols(), arma::fill::zeros);
    X[e] = 1;
    Vec z;
    op.forward(X, z);
    all.row(e) = z.t();
  }
  return all;
}

/// Every map against the A_i.
void check_maps(const MeasurementOperator& op) {
  const Mat A = written_out(op);
  const LowRank X{Stream(1, "L").normal_matrix(op.rows(), 3), Stream(1, "R").normal_matrix(op.cols(), 3)};
  const Vec z = Stream(1, "z").normal_matrix(op.measurements(), 1), expected = A.t() * arma::vectorise(X.dense());
  const Mat adjoint = arma::reshape(A * z, op.rows(), op.cols()), B = Stream(1, "B").normal_matrix(op.cols(), 2),
            C = Stream(1, "C").normal_matrix(op.rows(), 2);
  Vec found;
  Mat G;
  op.forward(X, found);
  CHECK(arma::norm(found - expected) < 1e-12 * arma::norm(expected));
  op.forward(X, Rows{2, 5}, found);
  CHECK(arma::norm(found - expected.subvec(2, 6)) < 1e-12 * arma::norm(expected));
  op.adjoint(z, G);
  CHECK(arma::norm(G - adjoint, "fro") < 1e-12 * arma::norm(adjoint, "fro"));
  op.adjoint_times(z, B, G);
  CHECK(arma::norm(G - adjoint * B, "fro") < 1e-12 * arma::norm(adjoint * B, "fro"));
  op.adjoint_transposed_times(z, C, G);
  CHECK(arma::norm(G - adjoint.t() * C, "fro") < 1e-12 * arma::norm(adjoint.t() * C, "fro"));
  const std::vector<Index> some{1, 4, 5, op.measurements() - 1};
  const auto part = op.restricted(some);
  part->forward(X, found);
  for (Index i = 0; i < some.size(); ++i) CHECK(found[i] == doctest::Approx(expected[some[i]]).epsilon(1e-12));
}

}  // namespace

TEST_CASE("sparse A_i have s entries of one size at different places, and every map is that of these A_i") {
  for (const char* values : {"signs", "gaussian"})
    for (const Index s : {Index{1}, Index{3}, Index{35}}) {
      const auto op = made<MeasurementOperator>(
          "sparse_random",
          fmt::format("{{measurements: 60, nonzeros: {}, values: {}, normalization: none}}", s, values),
          context({7, 5}));
      const Mat A = written_out(*op);
      for (Index i = 0; i < 60; ++i) CHECK(arma::accu(A.col(i) != 0) == s);
      if (std::string(values) == "signs") {
        CHECK(arma::accu(arma::abs(A)) == 60 * s);
        CHECK(std::abs(arma::accu(A)) < 4 * std::sqrt(60 * s));
      }
      check_maps(*op);
      CHECK(op->restricted({0, 7})->bytes() < op->bytes() / 10);
    }
}

TEST_CASE("places are uniform, and E‖A(X)‖² = ‖X‖²") {
  const auto op = made<MeasurementOperator>("sparse_random", "{measurements: 20000, nonzeros: 3}", context({7, 5}));
  const Mat A = written_out(*op);
  const Vec counts = arma::conv_to<Mat>::from(arma::sum(A != 0, 1));
  for (Index e = 0; e < 35; ++e) CHECK(std::abs(counts[e] - 60000.0 / 35) < 5 * std::sqrt(60000.0 / 35));
  CHECK(arma::norm(A * A.t() - arma::eye(35, 35), 2) < 0.15);
}

TEST_CASE("blind deconvolution: the A_i are products of rows of Hadamard matrices with signs of their own") {
  for (const auto& [rows, cols] : {std::pair{Index{6}, Index{11}}, {Index{8}, Index{8}}, {Index{1}, Index{5}}}) {
    const auto op = made<MeasurementOperator>("blind_deconvolution", "{measurements: 45, normalization: none}",
                                              context({rows, cols}));
    check_maps(*op);
    const Mat A = written_out(*op);
    CHECK(arma::approx_equal(arma::abs(A), Mat(arma::size(A), arma::fill::ones), "absdiff", 1e-12));
    for (Index i = 0; i < 45; ++i) CHECK(arma::rank(arma::reshape(A.col(i), rows, cols)) == 1);
    // But for signs the first row of A_i is a_i, and a block of them has orthogonal columns.
    Index size = 1;
    while (size < cols) size *= 2;
    Mat a(cols, size);
    for (Index i = 0; i < size; ++i) a.col(i) = Mat(arma::reshape(A.col(i), rows, cols)).row(0).t();
    CHECK(arma::norm(a * a.t() - static_cast<Real>(size) * arma::eye(cols, cols), "fro") < 1e-12);
  }
  const auto op = made<MeasurementOperator>("blind_deconvolution", "{measurements: 4096}", context({4, 6}));
  const Mat A = written_out(*op);
  CHECK(arma::norm(A * A.t() - arma::eye(24, 24), 2) < 0.5);
}

TEST_CASE("F = [H S_1; H S_2; …]: the Hadamard matrix by Kronecker products, signs of each block, cut to size") {
  const SignedHadamard F(11, 3, Stream(2, "F"));
  const Mat two{{1, 1}, {1, -1}}, H = arma::kron(two, two), explicitly = F.times(arma::eye(3, 3));
  REQUIRE(explicitly.n_rows == 11);
  for (Index i = 0; i < 11; ++i)
    for (Index j = 0; j < 3; ++j) CHECK(explicitly(i, j) == H(i % 4, j) * explicitly(i / 4 * 4, j));
  CHECK(arma::accu(arma::abs(explicitly)) == 33);
  const Mat C = Stream(1, "C").normal_matrix(11, 2);
  CHECK(arma::norm(F.transposed_times(C) - explicitly.t() * C, "fro") < 1e-13);
}

TEST_CASE("deconvolution by Fourier transforms: y = c F h ∘ A x for Z = h xᵀ, and the transform of a convolution") {
  constexpr Index m = 30, n1 = 5, n2 = 6;
  const auto op = made<MeasurementOperator>("fourier_deconvolution", "{points: 30}", context({2 * n1, n2}));
  check_maps(*op);
  const Mat A = SignedHadamard(m, n2, Stream(3, "operator").child("signs")).times(arma::eye(n2, n2));
  const ComplexMat h(Stream(1, "re").normal_matrix(n1, 1), Stream(1, "im").normal_matrix(n1, 1));
  const Mat x = Stream(2, "x").normal_matrix(n2, 1);
  Vec z;
  op->forward(LowRank{stacked(h), x}, z);
  const ComplexMat y = from_stacked(z);
  for (Index i = 0; i < m; ++i) {
    std::complex<Real> sum = 0;
    for (Index p = 0; p < n1; ++p) sum += std::polar(1.0, -arma::datum::tau * static_cast<Real>(i * p) / m) * h[p];
    CHECK(std::abs(y[i] - sum * arma::dot(A.row(i), x) / std::sqrt(30.0)) < 1e-12);
  }
  // The inverse transform of y is h, convolved around the circle with that of A x.
  const ComplexMat signal = arma::ifft(as_complex(A * x)), seen = arma::ifft(y);
  for (Index t = 0; t < m; ++t) {
    std::complex<Real> sum = 0;
    for (Index p = 0; p < n1; ++p) sum += h[p] * signal[(t + m - p) % m];
    CHECK(std::abs(seen[t] - sum / std::sqrt(30.0)) < 1e-12);
  }
  CHECK_THROWS_WITH_AS(made<MeasurementOperator>("fourier_deconvolution", "{points: 4}", context({2 * n1, n2})),
                       doctest::Contains("needs a transform of at least as many points as the filter has, 5"),
                       std::exception);
}

TEST_CASE("coded diffraction: intensities of masked signals, by the sums of the transform, for complex and real Z") {
  constexpr Index n = 6, L = 4;
  const Stream stream = context({n, n}).stream;
  ComplexMat d(n, L);
  for (Index i = 0; i < d.n_elem; ++i)
    d[i] = std::polar(
        stream.uniform(2 * i + 1) < 0.8 ? std::sqrt(0.5) : std::sqrt(3.0),
        std::vector<Real>{0, 0.5, 0.25, 0.75}[static_cast<Index>(4 * stream.uniform(2 * i))] * arma::datum::tau);
  const auto transformed = [&](const ComplexMat& v, Index l, Index j) {
    std::complex<Real> sum = 0;
    for (Index t = 0; t < n; ++t)
      sum += d(t, l) * v[t] * std::polar(1.0, -arma::datum::tau * static_cast<Real>(j * t) / n);
    return sum;
  };
  const auto op = made<MeasurementOperator>("coded_diffraction", "{masks: 4}", context({2 * n, n}));
  REQUIRE(op->measurements() == n * L);
  check_maps(*op);
  // x xᴴ of a complex x, as the model of Hermitian matrices has it; and u vᵀ with a complex u and a real v.
  const ComplexMat x(Stream(1, "re").normal_matrix(n, 1), Stream(1, "im").normal_matrix(n, 1));
  const Mat v = Stream(2, "v").normal_matrix(n, 1);
  Vec intensities, products;
  op->forward(LowRank{left_of_pair(side_by_side(x)), side_by_side(x)}, intensities);
  op->forward(LowRank{stacked(x), v}, products);
  const auto real =
      made<MeasurementOperator>("coded_diffraction", "{masks: 4, normalization: isotropic}", context({n, n}));
  check_maps(*real);
  Vec of_real;
  real->forward(LowRank{v, v}, of_real);
  for (Index l = 0; l < L; ++l)
    for (Index j = 0; j < n; ++j) {
      const std::complex<Real> seen = transformed(x, l, j), other = transformed(as_complex(v), l, j);
      CHECK(intensities[l * n + j] == doctest::Approx(std::norm(seen)).epsilon(1e-12));
      CHECK(products[l * n + j] == doctest::Approx((seen * std::conj(other)).real()).epsilon(1e-12));
      CHECK(of_real[l * n + j] == doctest::Approx(std::norm(other) / std::sqrt(n * L)).epsilon(1e-12));
    }
  CHECK_THROWS_WITH_AS(made<MeasurementOperator>("coded_diffraction", "{masks: 4}", context({9, 6})),
                       doctest::Contains("needs a shape of 2n × n, or n × n for real signals, but this one is 9 × 6"),
                       std::exception);
}

TEST_CASE("coded diffraction is to Hermitian Z as normal vectors are: E‖A(Z)‖² = ‖Z‖² + tr²(Z)") {
  constexpr Index n = 8;
  const ComplexMat x(Stream(1, "re").normal_matrix(n, 2), Stream(1, "im").normal_matrix(n, 2));
  const LowRank Z{left_of_pair(side_by_side(x)), side_by_side(x)};
  const Real expected = std::pow(arma::norm(x * x.t(), "fro"), 2) + std::pow(arma::norm(x, "fro"), 4);
  const auto op =
      made<MeasurementOperator>("coded_diffraction", "{masks: 20000, normalization: isotropic}", context({2 * n, n}));
  Vec z;
  op->forward(Z, z);
  CHECK(arma::dot(z, z) == doctest::Approx(expected).epsilon(0.05));
}

TEST_CASE("both recover a matrix from few measurements") {
  for (const char* choice : {"{type: sparse_random, measurements: 700, nonzeros: 5}",
                             "{type: sparse_random, measurements: 700, nonzeros: 5, values: gaussian}",
                             "{type: blind_deconvolution, measurements: 700}"}) {
    CAPTURE(choice);
    const auto lane = run_one(fmt::format(R"(
seed: 2
problem: {{shape: [20, 15], target: {{type: random_low_rank, rank: 1}}, operator: {}}}
model: {{type: asymmetric, rank: 1}}
initialization: spectral
optimizer: {{type: gradient_descent, step: 0.3}}
stop: {{iterations: 2000, relative_error: 1e-10}}
observers: [relative_error]
)",
                                          choice));
    CHECK(lane->end()->end_class == EndClass::converged);
  }
}

TEST_CASE("more entries than the matrix has are refused") {
  CHECK_THROWS_WITH_AS(made<MeasurementOperator>("sparse_random", "{measurements: 4, nonzeros: 36}", context({7, 5})),
                       doctest::Contains("is to have 36 entries in each A_i, but the matrix has 35"), std::exception);
}

TEST_CASE("nothing of the size of the matrix is made: 34 GB would be needed here") {
  const Shape shape{65536, 65536};
  const LowRank X{Stream(1, "L").normal_matrix(shape.rows, 1), Stream(1, "R").normal_matrix(shape.cols, 1)};
  for (const char* choice : {"blind_deconvolution", "sparse_random"}) {
    const auto op = made<MeasurementOperator>(choice, "{measurements: 100000}", context(shape));
    Vec z;
    LowRank gradient;
    op->forward(X, z);
    op->pull_back(z, X, gradient);
    // ⟨A(L Rᵀ), z⟩ = ⟨A*(z) R, L⟩ = ⟨A*(z)ᵀL, R⟩
    CHECK(arma::dot(gradient.left, X.left) == doctest::Approx(arma::dot(z, z)).epsilon(1e-12));
    CHECK(arma::dot(gradient.right, X.right) == doctest::Approx(arma::dot(z, z)).epsilon(1e-12));
  }
}
