// The absolute loss against its definition, outliers against their laws, and the fit of the data that they leave alone.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/interfaces/loss.hpp"
#include "core/interfaces/noise.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

Context context(std::uint64_t seed = 1) { return Context({4, 3}, Stream(seed, "test"), std::make_shared<Team>(1)); }

std::span<const Real> all_of(const Vec& z) { return {z.memptr(), z.n_elem}; }

std::shared_ptr<const Noise> outliers(const std::string& options, std::uint64_t seed = 1) {
  return made<Noise>("sparse_outliers", "{" + options + "}", context(seed));
}

Noise::Signal signal_of(const Vec& exact) {
  return {exact.n_elem, arma::dot(exact, exact) / static_cast<Real>(exact.n_elem), arma::abs(exact).max()};
}

/// `data` with the noise added.
Vec disturbed(const Noise& noise, const Vec& exact, Vec data) {
  noise.disturb(0, signal_of(exact), all_of(exact), {data.memptr(), data.n_elem});
  return data;
}
Vec disturbed(const Noise& noise, const Vec& exact) { return disturbed(noise, exact, exact); }

bool same(const Vec& a, const Vec& b) { return a.n_elem == b.n_elem && std::equal(a.begin(), a.end(), b.begin()); }

/// What outliers are made of: s ξ of 400 seeds with about 100 outliers each.
Vec draws(const std::string& options) {
  const Vec nothing(200, arma::fill::zeros);
  std::vector<Real> values;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto noise = outliers("fraction: 0.5, scale: 3, relative_to: nothing, " + options, seed);
    const Vec y = disturbed(*noise, nothing);
    for (const Index i : noise->outliers(200)) values.push_back(y[i]);
  }
  REQUIRE(values.size() > 39000);
  return values;
}

const std::string robust = robust_sensing(2, 40, "[relative_error, train_error, {train_error: {over: inliers}}]");

}  // namespace

TEST_CASE("the absolute loss: its value, its slope from differences of values, 0 at kinks") {
  const Vec y = Stream(1, "y").normal_matrix(50, 1);
  Vec z = y + Vec(Stream(1, "z").normal_matrix(50, 1));
  z[7] = y[7];
  z[8] = y[8];
  for (const char* reduction : {"sum", "mean"}) {
    CAPTURE(reduction);
    const auto lane = run_one(robust, {"problem.operator.measurements=50", "stop.iterations=0",
                                       fmt::format("loss={{type: absolute, reduction: {}}}", reduction)});
    const Real weight = std::string(reduction) == "mean" ? 1.0 / 50 : 1;
    const SensingProblem& problem = *lane->setup().problem;
    CHECK(lane->iterate().value ==
          doctest::Approx(weight * arma::accu(arma::abs(lane->iterate().prediction - problem.data))).epsilon(1e-13));
    Mat rows(problem.shape.entries(), 50);
    problem.op->dense_rows(0, 50, rows.memptr());
    const Vec sign = arma::sign(lane->iterate().prediction - problem.data);
    const Mat G = arma::reshape(rows * sign, 20, 15);
    CHECK(arma::norm(lane->iterate().gradient[0] - weight * G * lane->iterate().point[1], "fro") < 1e-12);
  }
  const auto loss = made<Loss>("absolute", "{}", context());
  Vec slope(50), unused(50);
  const auto value_at = [&](const Vec& at, Vec& out) {
    return loss->evaluate(0, all_of(at), all_of(y), {out.memptr(), out.n_elem});
  };
  CHECK(value_at(z, slope) == doctest::Approx(arma::accu(arma::abs(z - y))).epsilon(1e-14));
  for (Index i = 0; i < 50; ++i) {
    if (i == 7 || i == 8) {
      CHECK(slope[i] == 0);
      continue;
    }
    Vec up = z, down = z;
    const Real h = std::abs(z[i] - y[i]) / 2;
    up[i] += h;
    down[i] -= h;
    CHECK(slope[i] == doctest::Approx((value_at(up, unused) - value_at(down, unused)) / (2 * h)).epsilon(1e-9));
  }
  CHECK_THROWS_AS(loss->curvature(0, all_of(z), all_of(y), {unused.memptr(), unused.n_elem}), NoCurvature);
}

TEST_CASE("outliers: as many as the fraction says, or each by itself; every measurement is as likely as another") {
  for (const Index m : {1u, 10u, 37u, 200u})
    for (const Real p : {0.0, 0.05, 0.3, 0.5, 1.0}) {
      const auto found = outliers(fmt::format("fraction: {}", p))->outliers(m);
      CHECK(found.size() == static_cast<std::size_t>(std::round(p * static_cast<Real>(m))));
      CHECK(std::adjacent_find(found.begin(), found.end(), std::greater_equal<>()) == found.end());
      CHECK((found.empty() || found.back() < m));
    }
  for (const std::string selection : {"exact", "bernoulli"}) {
    CAPTURE(selection);
    constexpr Index m = 200, seeds = 400;
    Vec hits(m, arma::fill::zeros), counts(seeds);
    for (Index seed = 0; seed < seeds; ++seed) {
      const auto found = outliers("fraction: 0.3, selection: " + selection, seed)->outliers(m);
      counts[seed] = static_cast<Real>(found.size());
      for (const Index i : found) hits[i] += 1;
    }
    // Five standard deviations of a binomial number of 400 trials.
    for (const Real count : hits) CHECK(std::abs(count - 0.3 * seeds) < 5 * std::sqrt(0.21 * seeds));
    const Real variance = selection == "exact" ? 0 : 0.21 * m;
    CHECK(std::abs(arma::mean(counts) - 0.3 * m) <= 5 * std::sqrt(variance / seeds));
    CHECK(std::abs(arma::var(counts) - variance) <= 0.35 * variance);
  }
}

TEST_CASE("outliers: the laws of their values, wherever they are") {
  const auto moment = [](const Vec& z, int power) -> Real { return arma::mean(Vec(arma::pow(z, power))); };
  for (const std::string selection : {"exact", "bernoulli"}) {
    const Vec normal = draws("law: gaussian, selection: " + selection),
              uniform = draws("law: uniform, selection: " + selection),
              sign = draws("law: sign, selection: " + selection);
    // Bounds of five standard deviations for 40000 draws.
    for (const Vec& z : {normal, uniform, sign}) CHECK(std::abs(moment(z, 1)) < 5 * std::sqrt(moment(z, 2) / 39000));
    CHECK(moment(normal, 2) / 9 == doctest::Approx(1).epsilon(0.036));
    CHECK(moment(normal, 4) / 81 == doctest::Approx(3).epsilon(0.085));
    CHECK(moment(uniform, 2) / 9 == doctest::Approx(1.0 / 3).epsilon(0.023));
    CHECK(moment(uniform, 4) / 81 == doctest::Approx(1.0 / 5).epsilon(0.034));
    CHECK(arma::abs(uniform).max() < 3);
    CHECK(arma::abs(uniform).max() > 2.99);
    CHECK(arma::abs(sign).min() == 3);
    CHECK(arma::abs(sign).max() == 3);
    for (const Vec& z : {normal, uniform}) CHECK(arma::unique(z).eval().n_elem == z.n_elem);
  }
}

TEST_CASE("outliers: the unit of their scale, what they add to and what they replace") {
  const Vec exact = Stream(3, "exact").normal_matrix(100, 1), before = exact + 0.5;
  const std::string options = "fraction: 0.2, law: sign, scale: 4, relative_to: ";
  const std::pair<std::string, Real> units[] = {
      {"nothing", 1}, {"root_mean_square", arma::norm(exact) / 10}, {"largest", arma::abs(exact).max()}};
  const auto places = outliers(options + "nothing")->outliers(100);
  for (const auto& [name, size] : units)
    for (const bool replace : {false, true}) {
      const std::string unit = name;
      CAPTURE(unit);
      CAPTURE(replace);
      const auto noise = outliers(options + unit + fmt::format(", replace: {}", replace));
      CHECK(noise->outliers(100) == places);  // where they are is another matter than what they are
      const Vec after = disturbed(*noise, exact, before);
      for (Index i = 0; i < 100; ++i) {
        if (std::binary_search(places.begin(), places.end(), i))
          CHECK(std::abs(after[i] - (replace ? 0 : before[i])) == doctest::Approx(4 * size).epsilon(1e-12));
        else
          CHECK(after[i] == before[i]);
      }
    }
  const Vec nothing(100, arma::fill::zeros);
  CHECK_THROWS_WITH_AS(disturbed(*outliers("fraction: 0.2"), nothing),
                       "has a scale relative to the exact measurements, but these are all zero", Unsuitable);
}

TEST_CASE("outliers: what comes in blocks is what comes as a whole") {
  const Vec exact = Stream(3, "exact").normal_matrix(101, 1);
  for (const std::string selection : {"exact", "bernoulli"})
    for (const std::string law : {"gaussian", "uniform", "sign"})
      for (const std::string more : {"", ", replace: true", ", relative_to: largest"}) {
        const auto noise = outliers(fmt::format("fraction: 0.3, selection: {}, law: {}{}", selection, law, more));
        const Vec whole = disturbed(*noise, exact);
        CHECK_FALSE(same(whole, exact));
        Vec parts = exact;
        for (const auto& [first, count] : {std::pair<Index, Index>{60, 41}, {0, 7}, {7, 53}})
          noise->disturb(first, signal_of(exact), all_of(exact).subspan(first, count), {parts.memptr() + first, count});
        CHECK(same(parts, whole));
      }
  Noise::Signal batch_by_batch = signal_of(exact);
  batch_by_batch.largest = std::nan("");
  Vec part = exact.head(50);
  CHECK_THROWS_WITH_AS(outliers("fraction: 0.3, relative_to: largest")
                           ->disturb(0, batch_by_batch, all_of(exact).first(50), {part.memptr(), 50}),
                       "needs the largest of all measurements, but they are made batch by batch", Unsuitable);
}

TEST_CASE("a list of noises adds up, and one of them changes nothing for the others") {
  const std::string gaussian = "{type: gaussian, level: 0.01}",
                    sparse = "{type: sparse_outliers, fraction: 0.1, relative_to: nothing}";
  const auto data = [&](const std::string& noise) {
    return lanes_of(robust, {"problem.noise=" + noise}).front()->setup().problem;
  };
  const auto quiet = data("[]"), first = data(gaussian), second = data(fmt::format("[{}]", sparse)),
             both = data(fmt::format("[{}, {}]", gaussian, sparse)),
             three = data(fmt::format("[{}, {}, {}]", gaussian, sparse, gaussian));
  Vec exact;
  quiet->op->forward(quiet->truth->X, exact);
  CHECK(same(quiet->data, exact));
  CHECK(quiet->outliers.empty());
  CHECK(first->outliers.empty());
  CHECK(second->outliers.size() == 60);
  REQUIRE(both->outliers.size() == 60);
  CHECK(arma::norm(second->data - exact) == doctest::Approx(10 * std::sqrt(60.0)).epsilon(0.4));
  Vec added = both->data - first->data;
  for (Index i = 0; i < added.n_elem; ++i)
    if (!std::binary_search(both->outliers.begin(), both->outliers.end(), i)) CHECK(added[i] == 0);
  const Vec alone =
      disturbed(*made<Noise>("sparse_outliers", "{fraction: 0.1, relative_to: nothing}",
                             Context({20, 15}, Stream(4, "problem/noise/sparse_outliers"), std::make_shared<Team>(1))),
                exact, first->data);
  CHECK(same(alone, both->data));
  // A second noise of the same kind draws other numbers.
  const Vec again = three->data - both->data;
  CHECK(arma::norm(again) == doctest::Approx(0.01 * std::sqrt(600.0)).epsilon(0.15));
  CHECK(std::abs(arma::dot(again, first->data - exact)) < 5 * 1e-4 * std::sqrt(600.0));
}

TEST_CASE("the fit of the measurements that no noise has spoilt") {
  const auto lane = run_one(robust);
  const SensingProblem& problem = *lane->setup().problem;
  const auto by_formula = [&](const Vec& z, Rows rows) {
    Real residual = 0, norm = 0;
    for (Index j = 0; j < rows.count; ++j) {
      const Index i = rows.first + j;
      if (std::find(problem.outliers.begin(), problem.outliers.end(), i) != problem.outliers.end()) continue;
      residual += std::pow(z[j] - problem.data[i], 2);
      norm += std::pow(problem.data[i], 2);
    }
    return std::sqrt(residual / norm);
  };
  CHECK(last(*lane, "inlier_error") ==
        doctest::Approx(by_formula(lane->iterate().prediction, {0, 600})).epsilon(1e-12));
  const auto solved = run_one(robust, {"stop={iterations: 500, relative_error: 1e-9}"});
  CHECK(last(*solved, "inlier_error") < 2e-9);
  CHECK(last(*solved, "train_error") > 0.5);
  const auto batched = run_one(robust, {"batch={size: 70}", "optimizer.step=0.001", "stop.iterations=13"});
  REQUIRE(batched->iterate().rows == Rows{280, 70});
  CHECK(last(*batched, "inlier_error") ==
        doctest::Approx(by_formula(batched->iterate().prediction, batched->iterate().rows)).epsilon(1e-12));
  const auto clean = run_one(robust, {"problem.noise={type: gaussian, level: 0.1}"});
  CHECK(last(*clean, "inlier_error") == last(*clean, "train_error"));
}
