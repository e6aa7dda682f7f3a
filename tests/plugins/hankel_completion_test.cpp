// A share of the points of a signal, seen from its Hankel lift: against the operator that sees them all, and recovery.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

TEST_CASE("a share p of the points is seen as all of them are, divided by √p") {
  const Context context({2 * 11, 10}, Stream(3, "operator"), std::make_shared<Team>(1));
  const auto all = made<MeasurementOperator>("blind_superresolution", "{channels: 1}", context),
             some = made<MeasurementOperator>("blind_superresolution", "{channels: 1, fraction: 0.4}", context);
  REQUIRE(all->measurements() == 40);
  REQUIRE(some->measurements() == 16);
  const LowRank X{Stream(1, "L").normal_matrix(22, 2), Stream(1, "R").normal_matrix(10, 2)};
  Vec z, part;
  all->forward(X, z);
  some->forward(X, part);
  // √w_t (𝒢*Z)_t is the sum over an anti-diagonal of Z, divided by √w_t.
  const Mat Z = X.dense();
  for (Index t = 0; t < 20; ++t) {
    Real sum = 0, pairs = 0;
    for (Index a = 0; a <= t && a < 11; ++a)
      if (t - a < 10) {
        sum += Z(a, t - a);
        ++pairs;
      }
    CHECK(z[t] == doctest::Approx(sum / std::sqrt(pairs)).epsilon(1e-12));
  }
  Index next = 0, found = 0;
  for (Index i = 0; i < 8; ++i) {
    while (next < 20 && std::abs(part[i] - z[next] / std::sqrt(0.4)) > 1e-12) ++next;
    if (next < 20 && std::abs(part[8 + i] - z[20 + next] / std::sqrt(0.4)) < 1e-12) ++found;
  }
  CHECK(found == 8);
}

TEST_CASE("from 40 % of the points, scaled gradient descent finds the others") {
  const auto lane = run_one(R"(
seed: 2
problem:
  target:   {type: point_sources, sources: 2, channels: 1, points: [96], separation: 0.1, normalize: spectral, condition: 4}
  operator: {type: blind_superresolution, channels: 1, fraction: 0.4}
model: {type: complex_asymmetric, rank: 2}
initialization: spectral
penalty: {type: block_hankel_distance, channels: 1}
optimizer: {type: scaled_gradient_descent, step: 0.5}
stop: {iterations: 200, signal_error: 1e-9}
observers: [point_sources: {channels: 1}]
)");
  CHECK(lane->end()->end_class == EndClass::converged);
}
