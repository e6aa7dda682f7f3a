// Blind super-resolution: the lift and its products against block Hankel matrices written out, complex factors as real
// ones, and what a spectral start and ESPRIT find.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "plugins/shared/block_hankel.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

ComplexMat random_complex(std::uint64_t seed, Index rows, Index cols) {
  return ComplexMat(Stream(seed, "re").normal_matrix(rows, cols), Stream(seed, "im").normal_matrix(rows, cols));
}

/// 𝒢(C), entry by entry: blocks by (a1, a2), columns by (b1, b2), C by (t1, t2), the first index fastest.
ComplexMat lifted(const ComplexMat& C, Index a1, Index b1, Index a2, Index b2) {
  const Index s = C.n_rows, N1 = a1 + b1 - 1;
  Vec pairs(C.n_cols, arma::fill::zeros);
  const auto each = [&](const auto& visit) {
    for (Index j2 = 0; j2 < b2; ++j2)
      for (Index j1 = 0; j1 < b1; ++j1)
        for (Index i2 = 0; i2 < a2; ++i2)
          for (Index i1 = 0; i1 < a1; ++i1) visit(i1 + a1 * i2, j1 + b1 * j2, i1 + j1 + N1 * (i2 + j2));
  };
  each([&](Index, Index, Index t) { pairs[t] += 1; });
  ComplexMat Z(s * a1 * a2, b1 * b2);
  each([&](Index i, Index j, Index t) {
    for (Index c = 0; c < s; ++c) Z(i * s + c, j) = C(c, t) / std::sqrt(pairs[t]);
  });
  return Z;
}

/// Gradient descent from the spectral start on a signal of two channels.
std::string recovery(Index points, const std::string& more = "") {
  return fmt::format(R"(
problem:
  target: {{type: point_sources, sources: 2, channels: 2, points: [{}], normalize: spectral}}
  operator: {{type: blind_superresolution, channels: 2}}
model: {{type: complex_asymmetric, rank: 2}}
initialization: spectral
penalty: {{type: block_hankel_distance, channels: 2}}
optimizer: {{type: gradient_descent, step: 0.5}}
stop: {{iterations: 3}}
{})",
                     points, more);
}

Real norm_of(const ComplexMat& M) { return std::sqrt(arma::accu(arma::square(arma::abs(M)))); }

}  // namespace

TEST_CASE(
    "products with the lift are those with the block Hankel matrix, on a line and on a plane; it is an isometry") {
  struct Case {
    Index s, a1, b1, a2, b2;
  };
  for (const auto& [s, a1, b1, a2, b2] :
       {Case{3, 4, 5, 1, 1}, Case{1, 6, 2, 1, 1}, Case{2, 3, 4, 3, 2}, Case{2, 1, 1, 3, 4}, Case{2, 4, 4, 1, 1},
        Case{1, 6, 6, 4, 4}, Case{2, 1, 1, 5, 7}}) {
    const BlockHankel lift(s, a1, b1, a2, b2);
    const ComplexMat C = random_complex(1, s, lift.points()), Z = lifted(C, a1, b1, a2, b2);
    const ComplexMat L = random_complex(2, lift.rows(), 2), R = random_complex(3, lift.cols(), 2);
    CHECK(norm_of(Z) == doctest::Approx(norm_of(C)).epsilon(1e-13));
    CHECK(norm_of(lift.times(C, R) - Z * R) < 1e-12 * norm_of(Z) * norm_of(R));
    CHECK(norm_of(lift.hermitian_times(C, L) - Z.t() * L) < 1e-12 * norm_of(Z) * norm_of(L));
    // ⟨𝒢(C), L Rᵀ⟩ = ⟨C, 𝒢*(L Rᵀ)⟩
    const auto inner = [](const ComplexMat& A, const ComplexMat& B) { return arma::accu(arma::conj(A) % B); };
    CHECK(std::abs(inner(Z, L * R.st()) - inner(C, lift.adjoint(L, R))) < 1e-12 * norm_of(Z) * norm_of(L) * norm_of(R));
  }
}

TEST_CASE("transforms have lengths without large prime factors") {
  for (const auto& [n, length] :
       std::vector<std::pair<Index, Index>>{{1, 1}, {7, 8}, {13, 15}, {30, 30}, {1021, 1024}, {1025, 1080}})
    CHECK(transform_length(n) == length);
}

TEST_CASE("a complex matrix of rank k is the point that its singular vectors, of the real form, stand for") {
  const ComplexMat L = random_complex(4, 6, 2), R = random_complex(5, 5, 2), Z = L * R.t();
  const LowRank X{left_of_pair(side_by_side(L)), side_by_side(R)};
  CHECK(frobenius_norm(X.dense() - stacked(Z)) < 1e-13 * frobenius_norm(X.dense()));
  const Context context{{12, 5}, Stream(1, "model"), std::make_shared<const Team>(1)};
  const auto model = made<FactorizationModel>("complex_asymmetric", "{rank: 2}", context);
  LowRank again;
  model->expand(model->from_svd(svd(X)), again);
  CHECK(frobenius_norm(again.dense() - X.dense()) < 1e-12 * frobenius_norm(X.dense()));
  // Metric: the gradient times (RᴴR)⁻¹, written with complex numbers.
  const Factors point{{side_by_side(L), side_by_side(R)}},
      gradient{{side_by_side(random_complex(6, 6, 2)), side_by_side(random_complex(7, 5, 2))}};
  Factors direction;
  model->precondition(point, 0, gradient, direction);
  CHECK(norm_of(from_side_by_side(direction[0]) - random_complex(6, 6, 2) * arma::inv(ComplexMat(R.t() * R))) < 1e-11);
  CHECK(norm_of(from_side_by_side(direction[1]) - random_complex(7, 5, 2) * arma::inv(ComplexMat(L.t() * L))) < 1e-11);
}

TEST_CASE("frequencies are found from the row space, on a line and on a plane") {
  for (const bool is_plane : {false, true}) {
    const BlockHankel lift = is_plane ? BlockHankel(2, 5, 6, 4, 5) : BlockHankel(2, 9, 10);
    const Mat f = is_plane ? Mat{{0.12, 0.45, 0.81}, {0.3, 0.9, 0.55}} : Mat{{0.12, 0.45, 0.81}};
    ComplexMat V(lift.cols(), 3);
    for (Index k = 0; k < 3; ++k) V.col(k) = arma::conj(lift.wave(f.col(k), true));
    const Mat found = lift.frequencies(V * random_complex(8, 3, 3));
    for (Index k = 0; k < 3; ++k) {
      Real nearest = 1;
      for (Index j = 0; j < 3; ++j) nearest = std::min(nearest, wrapped_distance(f.col(k), found.col(j)));
      CHECK(nearest < 1e-10);
    }
  }
}

TEST_CASE("the balancing penalty is (λ/8)‖LᴴL − RᴴR‖², with the gradient of differences") {
  const Context context{{12, 5}, Stream(1, "model"), std::make_shared<const Team>(1)};
  const auto model = made<FactorizationModel>("complex_asymmetric", "{rank: 2, balancing: 0.7}", context);
  const ComplexMat L = random_complex(4, 6, 2), R = random_complex(5, 5, 2);
  const Factors point{{side_by_side(L), side_by_side(R)}};
  Factors gradient = zeros(model->blocks());
  const Real value = model->add_penalty(point, Blocks::all(), &gradient);
  const ComplexMat B = L.t() * L - R.t() * R;
  CHECK(value == doctest::Approx(0.7 / 8 * norm_of(B) * norm_of(B)).epsilon(1e-13));
  CHECK(norm_of(from_side_by_side(gradient[0]) - 0.35 * L * B) < 1e-12 * value);
  CHECK(norm_of(from_side_by_side(gradient[1]) + 0.35 * R * B) < 1e-12 * value);
  for (Index b = 0; b < 2; ++b)
    for (const Index e : {Index{0}, point[b].n_elem - 1}) {
      Factors up = point, down = point;
      up[b][e] += 1e-5;
      down[b][e] -= 1e-5;
      const Real slope =
          (model->add_penalty(up, Blocks::none(), nullptr) - model->add_penalty(down, Blocks::none(), nullptr)) / 2e-5;
      CHECK(gradient[b][e] == doctest::Approx(slope).epsilon(1e-7));
    }
}

TEST_CASE(
    "incoherence: the spectral start lies in the set, and what is longer is brought to the radius, block by block") {
  const auto lane = lanes_of(recovery(32, "projection: {type: incoherence, channels: 2}")).front().get()->setup();
  const Factors& start = lane.start;
  Factors same = start;
  lane.projection->project(same);
  add_scaled(same, -1, start);
  CHECK(norm(same) < 1e-8 * norm(start));
  // The radius, by singular vectors of the complex matrix that the start stands for.
  ComplexMat U, V;
  Vec sigma;
  arma::svd_econ(U, sigma, V, ComplexMat(from_side_by_side(start[0]) * from_side_by_side(start[1]).t()));
  Real largest = 0;
  for (Index a = 0; a < U.n_rows / 2; ++a) largest = std::max(largest, norm_of(U.submat(2 * a, 0, 2 * a + 1, 1)));
  for (Index b = 0; b < V.n_rows; ++b) largest = std::max(largest, norm_of(V.submat(b, 0, b, 1)));
  const Real radius = largest * std::sqrt(sigma[0]);
  Factors point{{3 * radius * Stream(2, "L").normal_matrix(start[0].n_rows, 4),
                 radius * Stream(2, "R").normal_matrix(start[1].n_rows, 4)}};
  for (Index b = 0; b < 2; ++b) point[b].head_rows(4) *= 1e-2;
  Factors projected = point;
  lane.projection->project(projected);
  for (Index b = 0; b < 2; ++b)
    for (Index a = 0, together = b == 0 ? 2 : 1; a < point[b].n_rows; a += together) {
      const Mat before = point[b].rows(a, a + together - 1), after = projected[b].rows(a, a + together - 1);
      const Real share = std::min(1.0, radius / arma::norm(before, "fro"));
      CHECK(arma::norm(after - share * before, "fro") < 1e-7 * radius);
    }
  CHECK(arma::norm(projected[0].head_rows(4) - point[0].head_rows(4), "fro") == 0);
  CHECK(message_of(recovery(32, "projection: {type: incoherence, channels: 7}"), {})
            .find("the left one of a multiple of channels rows") != std::string::npos);
}
