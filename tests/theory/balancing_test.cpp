// Implicit balancing and regularization by a small random start (Soltanolkotabi, Stöger & Xie, COLT 2023): exact
// identities, invariances, and the phases of the quickstart.
#include <doctest/doctest.h>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

const char* const quickstart = R"(
seed: 1
problem:
  shape: [60, 40]
  target:   {type: random_low_rank, rank: 3, condition: 2}
  operator: {type: gaussian, measurements: 1500}
model:          {type: asymmetric, rank: 20}
initialization: {type: small_random, scale: 1e-4}
optimizer: {type: gradient_descent, step: 0.25}
stop: {iterations: 400}
observers: [relative_error, train_error, imbalance, coupling, subspace_angle, {singular_values: {count: 4}}]
)";

/// Iterates 0 … n of gradient descent from a given start.
std::vector<Factors> iterates(Factors point, Objective& objective, Real step, int n) {
  std::vector<Factors> all = {point};
  for (int t = 0; t < n; ++t) {
    Iterate at;
    at.point = all.back();
    objective.evaluate(at, Blocks::all());
    Factors next = at.point;
    add_scaled(next, -step, at.gradient);
    all.push_back(next);
  }
  return all;
}

}  // namespace

TEST_CASE("the imbalance changes by mu^2 (W'M'M W - V'M M'V) in every step, to rounding") {
  auto lane = std::move(lanes_of(quickstart, {"initialization.scale=1", "model.rank=7"}).front());
  Objective& objective = *lane->setup().objective;
  Factors point = lane->setup().start;
  const Real step = 0.05;
  for (int t = 0; t < 30; ++t) {
    Iterate at;
    at.point = point;
    objective.evaluate(at, Blocks::all());
    const Mat &V = point[0], &W = point[1], &gV = at.gradient[0], &gW = at.gradient[1];  // M W and Mᵀ V
    Factors next = point;
    add_scaled(next, -step, at.gradient);
    const Mat before = V.t() * V - W.t() * W, after = next[0].t() * next[0] - next[1].t() * next[1];
    const Mat predicted = before + step * step * (gV.t() * gV - gW.t() * gW);
    // The terms cancel from size ‖V‖² down to μ²‖M‖²: a few hundred rounding errors of the former are allowed.
    CHECK(arma::norm(after - predicted, "fro") <= 1e-13 * (arma::accu(V % V) + arma::accu(W % W)));
    point = next;
  }
}

TEST_CASE("a common rotation of the factors leaves every X of gradient descent unchanged") {
  auto lane = std::move(lanes_of(quickstart, {"initialization.scale=0.5", "model.rank=5"}).front());
  const Mat Q = orthonormal_basis(Stream(9, "Q").normal_matrix(5, 5));
  Factors rotated = lane->setup().start;
  rotated[0] *= Q;
  rotated[1] *= Q;
  const auto plain = iterates(lane->setup().start, *lane->setup().objective, 0.1, 20);
  const auto turned = iterates(rotated, *lane->setup().objective, 0.1, 20);
  for (std::size_t t = 0; t < plain.size(); ++t)
    CHECK(difference_norm({plain[t][0], plain[t][1]}, {turned[t][0], turned[t][1]}) <=
          1e-12 * norm(LowRank{plain[t][0], plain[t][1]}));
}

TEST_CASE("the quickstart passes through alignment, growth and refinement, and ends on a plateau of its scale") {
  const auto lane = run_one(quickstart);
  CHECK(at(*lane, "relative_error", 20) > 0.95);  // nothing of size yet …
  CHECK(at(*lane, "subspace_angle", 40) < 0.9);   // … but the spaces turn already
  CHECK(at(*lane, "sigma_1", 60) > 0.9);
  CHECK(at(*lane, "sigma_3", 60) < 0.5 * at(*lane, "sigma_1", 60));  // weaker directions come later
  CHECK(last(*lane, "relative_error") < 1e-3);
  CHECK(last(*lane, "relative_error") > 1e-5);
  CHECK(last(*lane, "sigma_3") == doctest::Approx(0.5).epsilon(2e-3));
  CHECK(last(*lane, "sigma_4") < 1e-3 * last(*lane, "sigma_3"));
  CHECK(last(*lane, "coupling") < 1e-3 * at(*lane, "coupling", 0));
  // A plateau: less than 1 % in the last hundred iterations, as surplus directions hardly move.
  CHECK(last(*lane, "relative_error") == doctest::Approx(at(*lane, "relative_error", 300)).epsilon(0.05));
}

TEST_CASE(
    "the plateau falls with the scale of the start, about linearly, and more slowly reached by a constant per decade") {
  std::vector<Real> plateaus, arrivals;
  for (const char* scale : {"1e-3", "1e-4", "1e-5"}) {
    const auto lane = run_one(quickstart, {std::string("initialization.scale=") + scale});
    plateaus.push_back(last(*lane, "relative_error"));
    const Index column = lane->trace().find("relative_error").value();
    for (const auto& row : lane->trace().rows)
      if (row[column] <= 0.1) {
        arrivals.push_back(row[0]);
        break;
      }
  }
  REQUIRE(arrivals.size() == 3);
  for (int i = 0; i < 2; ++i) {
    const Real decade = std::log10(plateaus[static_cast<std::size_t>(i)] / plateaus[static_cast<std::size_t>(i) + 1]);
    CHECK(decade > 0.65);
    CHECK(decade < 1.2);
    // Growth by 1 + μσ_3 a step from a start ten times smaller takes ln 10/ln(1 + 0.25·0.5) = 19.5 steps longer.
    CHECK(arrivals[static_cast<std::size_t>(i) + 1] - arrivals[static_cast<std::size_t>(i)] ==
          doctest::Approx(19.5).epsilon(0.25));
  }
}

TEST_CASE("with the exact rank and from a spectral start the balancing penalty changes nothing that matters") {
  const std::vector<std::string> exact = {"model.rank=3", "initialization={type: spectral}", "stop.iterations=2000",
                                          "stop.relative_error=1e-9", "optimizer.step=0.4"};
  auto with = exact;
  with.emplace_back("model.balancing=1");
  const auto plain = run_one(quickstart, exact), penalized = run_one(quickstart, with);
  CHECK(plain->end()->end_class == EndClass::converged);
  CHECK(penalized->end()->end_class == EndClass::converged);
  CHECK(static_cast<Real>(penalized->end()->iteration) ==
        doctest::Approx(static_cast<Real>(plain->end()->iteration)).epsilon(0.05));
}

TEST_CASE("the symmetric model recovers a positive semidefinite matrix from symmetric measurements") {
  const auto lane = run_one(R"(
problem:
  shape: [40, 40]
  target:   {type: random_low_rank, rank: 2, symmetric: true}
  operator: {type: gaussian, measurements: 900, symmetric: true}
model:          {type: symmetric, rank: 10}
initialization: {type: small_random, scale: 1e-6}
optimizer: {type: gradient_descent, step: 0.125}
stop: {iterations: 400}
observers: [relative_error]
)");
  CHECK(last(*lane, "relative_error") < 1e-4);
}
