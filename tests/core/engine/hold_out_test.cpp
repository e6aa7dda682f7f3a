// Measurements that a run does not learn from: what is left of a loss without them, and the error over them.
#include "core/engine/data/hold_out.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/parts.hpp"

using namespace tightrope;
using namespace tightrope::parts;

namespace {

constexpr Index m = 100;
const std::vector<Index> held_out = {0, 1, 7, 40, 41, 42, 63, 99};
constexpr Real weight = 100.0 / 92;

bool is_held_out(Index i) { return std::binary_search(held_out.begin(), held_out.end(), i); }

/// Σ w_i exp(z_i − y_i), w_i = 1 + i: slope and curvature are the terms themselves.
class Exponential final : public Loss {
 public:
  Real evaluate(Index first, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) sum += slope[i] = term(first + i, z[i] - y[i]);
    return sum;
  }
  void curvature(Index first, std::span<const Real> z, std::span<const Real> y, std::span<Real> out) const override {
    for (std::size_t i = 0; i < z.size(); ++i) out[i] = term(first + i, z[i] - y[i]);
  }
  static Real term(Index i, Real residual) { return static_cast<Real>(1 + i) * std::exp(residual); }
};

HeldOut shared(const std::vector<Index>& rows) { return std::make_shared<const std::vector<Index>>(rows); }

/// (Σ (z_i − y_i))²/2, which wants to see all at once.
class SquareOfSum final : public Loss {
 public:
  Real evaluate(Index, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) sum += z[i] - y[i];
    std::fill(slope.begin(), slope.end(), sum);
    return sum * sum / 2;
  }
  bool separable() const override { return false; }
};

}  // namespace

TEST_CASE("the training loss is m/(m − h) times the sum over what is not held out, however it is cut into blocks") {
  const Vec z = Stream(1, "z").normal_matrix(m, 1), y = Stream(1, "y").normal_matrix(m, 1);
  const auto loss = training_loss(std::make_shared<const Exponential>(), shared(held_out), m);
  CHECK(loss->separable());
  Real expected = 0;
  Vec terms(m, arma::fill::zeros);
  for (Index i = 0; i < m; ++i)
    if (!is_held_out(i)) expected += terms[i] = weight * Exponential::term(i, z[i] - y[i]);
  for (const Index size : {m, Index{1}, Index{7}, Index{41}, Index{42}}) {
    CAPTURE(size);
    Real value = 0;
    Vec slope(m, arma::fill::value(7)), curvature(m, arma::fill::value(7));
    for (Index first = 0; first < m; first += size) {
      const Index count = std::min(size, m - first);
      value += loss->evaluate(first, {z.memptr() + first, count}, {y.memptr() + first, count},
                              {slope.memptr() + first, count});
      loss->curvature(first, {z.memptr() + first, count}, {y.memptr() + first, count},
                      {curvature.memptr() + first, count});
    }
    CHECK(value == doctest::Approx(expected).epsilon(1e-13));
    CHECK(arma::norm(slope - terms) < 1e-13 * arma::norm(terms));
    CHECK(arma::norm(curvature - terms) < 1e-13 * arma::norm(terms));
    for (const Index i : held_out) CHECK((slope[i] == 0 && curvature[i] == 0));
  }
}

TEST_CASE("a loss that sees all at once sees all that is not held out") {
  const Vec z = Stream(1, "z").normal_matrix(m, 1), y = Stream(1, "y").normal_matrix(m, 1);
  const auto loss = training_loss(std::make_shared<const SquareOfSum>(), shared(held_out), m);
  CHECK_FALSE(loss->separable());
  Real sum = 0;
  for (Index i = 0; i < m; ++i)
    if (!is_held_out(i)) sum += z[i] - y[i];
  Vec slope(m, arma::fill::value(7));
  const Real value = loss->evaluate(0, {z.memptr(), m}, {y.memptr(), m}, {slope.memptr(), m});
  CHECK(value == doctest::Approx(weight * sum * sum / 2).epsilon(1e-12));
  for (Index i = 0; i < m; ++i) CHECK(slope[i] == doctest::Approx(is_held_out(i) ? 0 : weight * sum).epsilon(1e-12));
}

TEST_CASE("starts learn from the other measurements, times m/(m − h)") {
  const Vec y = Stream(1, "y").normal_matrix(m, 1), training = training_data(y, shared(held_out));
  for (Index i = 0; i < m; ++i)
    CHECK(training[i] == doctest::Approx(is_held_out(i) ? 0 : weight * y[i]).epsilon(1e-14));
}

TEST_CASE("the validation error is ‖A(X) − y‖/‖y‖ over what is held out") {
  const auto of = problem();
  const std::vector<Index> some = {3, 4, 50, 199};
  LaneSetup given = setup(of);
  given.watches = {{validation_error(shared(some), *of, given.objective), {}, true}};
  given.stop.iterations = 3;
  const auto lane = run(given);
  const auto column = lane->trace().find("validation_error");
  REQUIRE(column);
  Real error = 0, size = 0;
  for (const Index i : some) {
    error += std::pow(lane->iterate().prediction[i] - of->data[i], 2);
    size += std::pow(of->data[i], 2);
  }
  CHECK(lane->trace().last(*column) == doctest::Approx(std::sqrt(error / size)).epsilon(1e-12));
}

TEST_CASE("a share of the measurements is held out, each as likely as another") {
  Vec hits(50, arma::fill::zeros);
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const std::vector<Index> drawn = *held_out_rows(50, 0.3, Stream(seed, "hold_out"));
    REQUIRE(drawn.size() == 15);
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      CHECK((i == 0 || drawn[i - 1] < drawn[i]));
      hits[drawn[i]] += 1;
    }
  }
  // Five standard deviations of a binomial number of 400 trials.
  for (const Real count : hits) CHECK(std::abs(count - 120) < 5 * std::sqrt(400 * 0.3 * 0.7));
  CHECK_THROWS_AS(held_out_rows(50, 0.001, Stream(1, "hold_out")), Unsuitable);
  CHECK_THROWS_AS(held_out_rows(50, 0.999, Stream(1, "hold_out")), Unsuitable);
}
