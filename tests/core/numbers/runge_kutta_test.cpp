// Runge-Kutta methods against the order conditions of Butcher's trees, and the control of steps against its formulae.
#include "core/numbers/solvers/runge_kutta.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/numbers/streams.hpp"

using namespace tightrope;

namespace {

/// A and b of a method whose next point is the last of its stages, or comes after them.
struct Tableau {
  Mat A;
  Vec b;
};

Tableau tableau(const RungeKutta& method, bool with_next_point) {
  const Index s = method.stages() + (with_next_point ? 1 : 0);
  Tableau result{Mat(s, s, arma::fill::zeros), Vec(s, arma::fill::zeros)};
  for (Index i = 0; i < method.stages(); ++i)
    for (Index j = 0; j <= i; ++j) {
      if (i + 1 < s) result.A(i + 1, j) = method.a[i][j];
      if (i + 1 == method.stages()) result.b[j] = method.a[i][j];
    }
  return result;
}

/// The order conditions of each order up to 5, as Σ b_i φ_i − 1/γ for each tree (Hairer, Nørsett & Wanner, table 2.2).
std::vector<Vec> conditions(const Mat& A, const Vec& b) {
  const Vec one(b.n_elem, arma::fill::ones), c = A * one, c2 = c % c, c3 = c2 % c, Ac = A * c, AAc = A * Ac,
                                             Ac2 = A * c2;
  const auto sum = [&](const Vec& phi, Real gamma) { return arma::dot(b, phi) - 1 / gamma; };
  return {{sum(one, 1)},
          {sum(c, 2)},
          {sum(c2, 3), sum(Ac, 6)},
          {sum(c3, 4), sum(c % Ac, 8), sum(Ac2, 12), sum(AAc, 24)},
          {sum(c2 % c2, 5), sum(c2 % Ac, 10), sum(c % Ac2, 15), sum(c % AAc, 30), sum(Ac % Ac, 20), sum(A * c3, 20),
           sum(A * (c % Ac), 40), sum(A * Ac2, 60), sum(A * AAc, 120)}};
}

Index order_of(const Mat& A, const Vec& b) {
  Index order = 0;
  for (const Vec& of_order : conditions(A, b)) {
    if (arma::abs(of_order).max() > 1e-14) break;
    ++order;
  }
  return order;
}

}  // namespace

TEST_CASE("the classical method is of order 4, Dormand and Prince's of order 5 with an embedded one of order 4") {
  const Tableau classical = tableau(runge_kutta_4(), false), embedded = tableau(dormand_prince(), true);
  CHECK(order_of(classical.A, classical.b) == 4);
  CHECK(order_of(embedded.A, embedded.b) == 5);
  CHECK(runge_kutta_4().e.empty());
  REQUIRE(dormand_prince().e.size() == 7);
  const Vec e(std::vector<Real>(dormand_prince().e.begin(), dormand_prince().e.end()));
  CHECK(order_of(embedded.A, embedded.b - e) == 4);
  CHECK(std::abs(arma::accu(e)) < 1e-16);
  const Vec c = embedded.A * Vec(7, arma::fill::ones);
  CHECK(arma::abs(c - Vec{0, 0.2, 0.3, 0.8, 8.0 / 9, 1, 1}).max() < 1e-14);
}

TEST_CASE("an error is scaled by 1 + the larger of both moduli, entry by entry, and averaged over all entries") {
  const auto random = [](const char* name) {
    return Factors{{Stream(1, name).normal_matrix(5, 3), 4 * Stream(2, name).normal_matrix(2, 3)}};
  };
  const Factors error = random("error"), from = random("from"), to = random("to");
  Real sum = 0;
  for (Index b = 0; b < 2; ++b)
    for (Index i = 0; i < error[b].n_elem; ++i)
      sum += std::pow(error[b][i] / (1 + std::max(std::abs(from[b][i]), std::abs(to[b][i]))), 2);
  CHECK(scaled_error(error, from, to) == doctest::Approx(std::sqrt(sum / 21)).epsilon(1e-14));
}

TEST_CASE("steps follow their errors to the power 0.17, and no step is ten times or a fifth of the one before") {
  using namespace step_control;
  CHECK(after_accepted(2, 0.3, 0.7, false) ==
        doctest::Approx(2 * 0.9 * std::pow(0.3, -0.17) * std::pow(0.7, 0.04)).epsilon(1e-14));
  CHECK(after_accepted(2, 1e-30, 1, false) == 20);
  CHECK(after_accepted(2, 1e-30, 1, true) == 2);
  CHECK(after_accepted(2, 1, 1e-30, false) == 0.4);
  CHECK(after_rejected(2, 3) == doctest::Approx(2 * 0.9 * std::pow(3, -0.17)).epsilon(1e-14));
  CHECK(after_rejected(2, 1e30) == 0.4);
  CHECK(after_rejected(2, std::numeric_limits<Real>::infinity()) == 0.4);
}

TEST_CASE("a step ends at the next output time if that comes first, or hardly after its end") {
  const std::vector<Real> times = {0.5, 2};
  CHECK(step_up_to({}, 0, 7) == 7);
  CHECK(step_up_to(times, 0, 0.25) == 0.25);
  CHECK(step_up_to(times, 0, 0.5) == 0.5);
  CHECK(step_up_to(times, 0, 7) == 0.5);
  CHECK(step_up_to(times, 0.5, 7) == 1.5);
  CHECK(step_up_to(times, 2, 7) == 7);
  CHECK(step_up_to(times, 1, std::nextafter(1.0, 0.0)) == 1);
}
