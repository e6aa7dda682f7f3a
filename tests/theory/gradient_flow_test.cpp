// The optimizer gradient_flow: a flow with a closed form, the order of its methods, and what its evaluations cost.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

/// Mohammadi, Tinati, Tu, Soltanolkotabi & Jovanović (2024): M with eigenvalues 3, 2, 1 and 0.
constexpr const char* population = R"(
seed: 4
problem:
  shape: [12, 12]
  target:   {type: random_low_rank, rank: 3, values: [3, 2, 1], symmetric: true}
  operator: identity
model:          {type: symmetric, rank: 6}
initialization: {type: small_random, scale: 0.3, convention: entry}
optimizer: {type: gradient_flow, tolerance: 1e-11, end_time: 50, output_times: [0.5, 2.5, 5, 25]}
stop: {iterations: 100000}
)";

constexpr const char* sensing = R"(
seed: 2
problem:
  shape: [12, 9]
  target:   {type: random_low_rank, rank: 2, condition: 3}
  operator: {type: gaussian, measurements: 200}
model:          {type: asymmetric, rank: 3}
initialization: {type: small_random, scale: 0.2}
optimizer: {type: gradient_flow, end_time: 3}
stop: {iterations: 100000}
observers: [relative_error]
)";

struct Moment {
  Real time, step;
  Factors point;
};

/// Every iterate of the first run, the start too.
std::vector<Moment> iterates_of(std::vector<std::unique_ptr<Lane>>& lanes) {
  std::vector<Moment> moments;
  Engine([&](const auto& all) {
    const Iterate& at = all[0]->iterate();
    if (at.iteration == moments.size()) moments.push_back({at.time, at.step, at.point});
  }).run(lanes);
  return moments;
}
std::vector<Moment> iterates_of(const std::string& yaml, const std::vector<std::string>& assignments = {}) {
  auto lanes = lanes_of(yaml, assignments);
  return iterates_of(lanes);
}

/// Of the steps taken; the row of the start has none.
Real sum_of(const Lane& lane, const std::string& name) {
  const std::vector<Real> values = column(lane, name);
  return std::accumulate(values.begin() + 1, values.end(), Real{0});
}

Real difference(const Factors& a, const Factors& b) {
  Factors d = a;
  add_scaled(d, -1, b);
  return norm(d);
}

std::string flow(const std::string& options) { return "optimizer={type: gradient_flow, end_time: 3, " + options + "}"; }

/// Each step is chosen from the error of the last one by Hairer's rule, and does not grow after a rejected try. The end
/// of the run cuts the last one short.
void check_steps(const Lane& lane, Real tolerance) {
  const auto step = column(lane, "step"), local = column(lane, "local_error"), rejected = column(lane, "rejected");
  CHECK(std::isnan(local[0]));
  CHECK(*std::max_element(local.begin() + 1, local.end()) <= tolerance);
  for (std::size_t t = 1; t + 2 < step.size(); ++t) {
    const Real before = t > 1 ? std::max(local[t - 1] / tolerance, 1e-4) : 1e-4, most = rejected[t] > 0 ? 1 : 10;
    const Real factor = 0.9 * std::pow(local[t] / tolerance, -0.17) * std::pow(before, 0.04),
               ratio = step[t + 1] / (step[t] * std::clamp(factor, 0.2, most));
    if (rejected[t + 1] == 0)
      CHECK(ratio == doctest::Approx(1).epsilon(1e-12));
    else
      CHECK(ratio < 1);
  }
}

/// The same point as of a much finer solution.
Factors fine_solution() { return run_one(sensing, {flow("tolerance: 1e-14")})->iterate().point; }

}  // namespace

TEST_CASE("the Schur complement of P = UUᵀ follows its own Riccati equation, in closed form") {
  auto lanes = lanes_of(population);
  const Truth& truth = *lanes[0]->setup().problem->truth;
  Mat Q, unused;
  Vec eigenvalues;
  arma::eig_sym(eigenvalues, Q, truth.X.dense());
  Q = arma::fliplr(Q);  // first the eigenvectors of 3, 2, 1
  const Mat identity = arma::eye(9, 9);
  struct Parts {
    Mat S, T, P1;
  };
  const auto parts = [&](const Factors& point) -> Parts {
    const Mat P = Q.t() * point[0] * point[0].t() * Q, P1 = P.submat(0, 0, 2, 2), P0 = P.submat(0, 3, 2, 11);
    const Mat T = arma::solve(P1, P0);
    return {P.submat(3, 3, 11, 11) - P0.t() * T, T, P1};
  };
  const auto moments = iterates_of(lanes);
  const Mat S0 = parts(moments[0].point).S;
  // f = ½‖UUᵀ − M‖² has the gradient 2(UUᵀ − M)U, so that the paper's flow U̇ = (M − UUᵀ)U is at our time/2.
  std::map<Real, Parts> at;
  for (const Real t : {1.0, 5.0, 10.0, 50.0, 100.0}) {
    const auto moment =
        std::find_if(moments.begin(), moments.end(), [&](const Moment& one) { return one.time == t / 2; });
    REQUIRE(moment != moments.end());
    at[t] = parts(moment->point);
    // (S0⁻¹ + 2tI)⁻¹ for an S0 of rank 3.
    const Mat closed = S0 * arma::inv(identity + 2 * t * S0);
    CHECK(frobenius_norm(at[t].S - closed) < 1e-9);
    MESSAGE("t = " << t << ": ‖S − closed form‖ = " << frobenius_norm(at[t].S - closed)
                   << ", 2t s_max = " << 2 * t * spectral_norm(at[t].S) << ", ‖T‖ = " << frobenius_norm(at[t].T));
  }
  // Sublinear off the range of M, exponential on it.
  CHECK(200 * spectral_norm(at[100].S) == doctest::Approx(1).epsilon(0.02));
  CHECK(std::log(frobenius_norm(at[10].T) / frobenius_norm(at[5].T)) / 5 < -0.95);
  CHECK(frobenius_norm(at[50].P1 - arma::diagmat(Vec{3, 2, 1})) < 1e-9);
  CHECK(lanes[0]->end()->end_class == EndClass::limit);
  CHECK(lanes[0]->end()->reason == "the flow time 50 was reached");
}

TEST_CASE("the classical Runge-Kutta method is of order 4") {
  const Factors fine = fine_solution();
  std::vector<Real> errors;
  for (const char* step : {"0.1", "0.05", "0.025", "0.0125"}) {
    const auto lane = run_one(sensing, {flow(fmt::format("method: runge_kutta_4, first_step: {}", step))});
    CHECK(lane->iterate().iteration == static_cast<Index>(std::lround(3 / std::stod(step))));
    CHECK(lane->iterate().time == 3);
    CHECK(lane->counters().fused == 4 * lane->iterate().iteration + 1);
    errors.push_back(difference(lane->iterate().point, fine));
  }
  for (std::size_t i = 0; i + 1 < errors.size(); ++i) {
    MESSAGE("error " << errors[i] << " → " << errors[i + 1] << ", order " << std::log2(errors[i] / errors[i + 1]));
    CHECK(std::log2(errors[i] / errors[i + 1]) == doctest::Approx(4).epsilon(0.1));
  }
}

TEST_CASE("Dormand and Prince's pair keeps to the tolerance, with steps of order tolerance^(1/5)") {
  const Factors fine = fine_solution();
  std::vector<Real> iterations;
  for (const Real tolerance : {1e-5, 1e-7, 1e-9, 1e-11}) {
    const auto lane = run_one(sensing, {flow(fmt::format("tolerance: {}", tolerance))});
    const Real entries = 12 * 3 + 9 * 3, error = difference(lane->iterate().point, fine) / std::sqrt(entries);
    MESSAGE("tolerance " << tolerance << ": error " << error << ", " << lane->iterate().iteration << " steps, "
                         << sum_of(*lane, "rejected") << " rejected");
    CHECK(error < 10 * tolerance);
    CHECK(error > 1e-4 * tolerance);
    check_steps(*lane, tolerance);
    iterations.push_back(static_cast<Real>(lane->iterate().iteration));
  }
  // With large steps some tries fail by little.
  Real rejected = 0;
  for (Real tolerance = 1e-3; tolerance > 1e-6; tolerance /= 1.3) {
    const auto lane = run_one(sensing, {flow(fmt::format("tolerance: {:.17g}, first_step: 0.5", tolerance))});
    check_steps(*lane, tolerance);
    rejected += sum_of(*lane, "rejected");
  }
  CHECK(rejected > 20);
  for (const std::size_t i : {1U, 2U})
    CHECK(iterations[i + 1] / iterations[i] == doctest::Approx(std::pow(100, 0.2)).epsilon(0.2));
}

TEST_CASE("the estimated local error is the difference of the methods of orders 5 and 4") {
  // One step from the start, its slopes asked for here; weights of order 4 from the paper's table.
  const auto lane = run_one(sensing, {flow("first_step: 0.2, tolerance: 1"), "stop.iterations=1"});
  REQUIRE(lane->iterate().step == 0.2);
  Objective& objective = *lane->setup().objective;
  const Real a[6][6] = {{1.0 / 5},
                        {3.0 / 40, 9.0 / 40},
                        {44.0 / 45, -56.0 / 15, 32.0 / 9},
                        {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
                        {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
                        {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};
  const Real fourth[7] = {5179.0 / 57600, 0, 7571.0 / 16695, 393.0 / 640, -92097.0 / 339200, 187.0 / 2100, 1.0 / 40};
  std::vector<Factors> slopes;
  Iterate stage;
  const Factors& start = lane->setup().start;
  for (std::size_t i = 0; i < 7; ++i) {
    stage.point = start;
    for (std::size_t j = 0; j < i; ++j) add_scaled(stage.point, -0.2 * a[i - 1][j], slopes[j]);
    objective.evaluate(stage, Blocks::all());
    slopes.push_back(stage.gradient);
  }
  CHECK(difference(stage.point, lane->iterate().point) < 1e-15 * norm(start));
  Factors lower = start;
  for (std::size_t j = 0; j < 7; ++j) add_scaled(lower, -0.2 * fourth[j], slopes[j]);
  Real sum = 0;
  for (Index b = 0; b < 2; ++b)
    for (Index i = 0; i < start[b].n_elem; ++i) {
      const Real size = std::max(std::abs(start[b][i]), std::abs(stage.point[b][i]));
      sum += std::pow((lower[b][i] - stage.point[b][i]) / (1 + size), 2);
    }
  CHECK(last(*lane, "local_error") / std::sqrt(sum / (12 * 3 + 9 * 3)) == doctest::Approx(1).epsilon(1e-9));
}

TEST_CASE("an accepted step costs six evaluations, a rejected one as many, the start one") {
  const auto calm = run_one(sensing, {flow("tolerance: 1e-9")});
  CHECK(sum_of(*calm, "rejected") == 0);
  CHECK(calm->counters().fused == 6 * calm->iterate().iteration + 1);
  const auto hasty = run_one(sensing, {flow("tolerance: 1e-10, first_step: 2")});
  const auto rejected = static_cast<Index>(sum_of(*hasty, "rejected"));
  MESSAGE(hasty->iterate().iteration << " steps, " << rejected << " rejected");
  CHECK(rejected >= 3);
  check_steps(*hasty, 1e-10);
  // At most five times shorter each time: what is much too long is found out in a few tries.
  const Real first = column(*hasty, "step")[1], failed = column(*hasty, "rejected")[1];
  CHECK(failed <= 3);
  CHECK(first >= 2 * std::pow(0.2, failed) * (1 - 1e-12));
  CHECK(hasty->counters().fused == 6 * (hasty->iterate().iteration + rejected) + 1);
  CHECK(hasty->counters().forwards + hasty->counters().adjoints == 0);
  CHECK(difference(hasty->iterate().point, fine_solution()) < 1e-8);
  // Tries so long that they overflow are rejected like others.
  const auto overflowing =
      run_one(sensing, {"optimizer={type: gradient_flow, tolerance: 1e-10, first_step: 1e6}", "stop.iterations=5"});
  CHECK(overflowing->end()->end_class == EndClass::limit);
  const auto long_tries = static_cast<Index>(column(*overflowing, "rejected")[1]);
  CHECK(long_tries >= 11);  // 1e6·0.2¹¹ = 0.02
  CHECK(overflowing->counters().fused == 6 * (5 + long_tries) + 1);
  const std::vector<Real> values = column(*overflowing, "objective");
  CHECK(std::is_sorted(values.rbegin(), values.rend()));
  // The gradient at the next point is that of another batch, and is evaluated.
  const auto batches = run_one(sensing, {flow("tolerance: 1e-6"), "batch={size: 100}", "stop.iterations=5"});
  const auto tries = static_cast<Index>(5 + sum_of(*batches, "rejected"));
  CHECK(batches->counters().fused == 6 * tries + 5 + 1);
}

TEST_CASE("a flow taken up in the middle of a step, tries and all, ends in the same state") {
  const std::vector<std::string> hasty = {flow("tolerance: 1e-10, first_step: 2, output_times: [1, 2]")};
  struct Kept {
    std::string state;
    std::vector<std::vector<Real>> rows;
    std::vector<Real> seconds;
    Cost cost;
  };
  std::vector<Kept> moments;
  auto lanes = lanes_of(sensing, hasty);
  Engine([&](const auto& all) {
    moments.push_back({all[0]->state(), all[0]->trace().rows, all[0]->trace().seconds, all[0]->cost()});
  }).run(lanes);
  REQUIRE(moments.size() > 100);
  for (std::size_t i = 0; i < moments.size(); i += i < 40 ? 1 : 11) {
    auto resumed = lanes_of(sensing, hasty);
    resumed[0]->restore(moments[i].state, moments[i].rows, moments[i].seconds, moments[i].cost);
    Engine().run(resumed);
    CHECK(resumed[0]->state() == lanes[0]->state());
    CHECK(resumed[0]->trace().csv() == lanes[0]->trace().csv());
  }
}

TEST_CASE("flows of one problem share passes, and each goes as it goes alone") {
  const std::string options =
      "study={methods: {coarse: {optimizer: {tolerance: 1e-4}}, fine: {optimizer: {tolerance: "
      "1e-9}}, fixed: {optimizer: {type: gradient_flow, method: runge_kutta_4, first_step: "
      "0.1, end_time: 3}}}}";
  const auto together = run_all(sensing, {options});
  REQUIRE(together.size() == 3);
  Real streamed = 0;
  Index most = 0, all = 0;
  for (const auto& lane : together) {
    streamed += lane->cost().bytes;
    most = std::max(most, lane->counters().fused);
    all += lane->counters().fused;
  }
  const auto pass = static_cast<Real>(together[0]->setup().problem->op->bytes());
  CHECK(streamed == doctest::Approx(static_cast<Real>(most) * pass).epsilon(1e-12));
  CHECK(all > most + 100);
  auto alone = lanes_of(sensing, {options});
  for (std::size_t i = 0; i < alone.size(); ++i) {
    std::vector<std::unique_ptr<Lane>> one;
    one.push_back(std::move(alone[i]));
    Engine().run(one);
    CHECK(one[0]->trace().csv() == together[i]->trace().csv());
    CHECK(difference(one[0]->iterate().point, together[i]->iterate().point) == 0);
  }
}

TEST_CASE("output times are hit exactly and cost no more than the steps that end there") {
  const std::vector<Real> outputs = {1.0 / 3, 0.1, 0.1 + 1e-12, 0.7, std::sqrt(2.0), std::nextafter(2.0, 3.0), 2.9};
  std::string list;
  for (const Real t : outputs) list += fmt::format("{}{:.17g}", list.empty() ? "" : ", ", t);
  for (const char* method : {"tolerance: 1e-6", "method: runge_kutta_4, first_step: 0.1"}) {
    const auto plain = iterates_of(sensing, {flow(method)});
    const auto moments = iterates_of(sensing, {flow(fmt::format("{}, output_times: [{}]", method, list))});
    std::set<Real> times;
    for (const Moment& moment : moments) times.insert(moment.time);
    for (const Real t : outputs) CHECK_MESSAGE(times.count(t) == 1, t << " is not hit");
    CHECK(*times.rbegin() == 3);
    CHECK(times.size() == moments.size());
    CHECK(moments.size() <= plain.size() + outputs.size() + 1);
    // After the shortest of steps the next one is as long as if it had not been.
    for (std::size_t i = 1; i < moments.size(); ++i)
      if (moments[i].time == 0.1 + 1e-12) CHECK(moments[i + 1].step > 0.09);
  }
}

TEST_CASE("an output time that no sum with the last time rounds to is hit by two steps") {
  const auto after = [](Real x, int neighbours) {
    for (int i = 0; i < neighbours; ++i) x = std::nextafter(x, 2.0);
    return x;
  };
  // The sum falls short of the output time for one neighbour of ½ and 3/2, and beyond it for the third ones.
  for (const int i : {1, 3}) {
    const Real a = after(0.5, i), b = after(1.5, i);
    for (const Real rest : {std::nextafter(b - a, 0.0), b - a, std::nextafter(b - a, 2.0)}) REQUIRE(a + rest != b);
    for (const char* method : {"tolerance: 1", "method: runge_kutta_4, first_step: 2"}) {
      const auto moments = iterates_of(
          sensing,
          {flow(fmt::format("{}, output_times: [{:.17g}, {:.17g}]", method, a, b)), "problem.target.scale=0.01"});
      const auto first = std::find_if(moments.begin(), moments.end(), [&](const Moment& one) { return one.time == a; });
      REQUIRE(first != moments.end());
      CHECK(std::any_of(first, moments.end(), [&](const Moment& one) { return one.time == b; }));
      for (std::size_t t = 1; t < moments.size(); ++t) CHECK(moments[t].step > 1e-9);
    }
  }
}

TEST_CASE("a flow at rest has converged, and a fixed step is asked for where it is needed") {
  const auto still = run_one(sensing, {"initialization={type: small_random, scale: 0}", flow("tolerance: 1e-6")});
  CHECK(still->end()->end_class == EndClass::converged);
  CHECK(still->end()->iteration == 0);
  CHECK_THROWS_WITH_AS(lanes_of(sensing, {flow("method: runge_kutta_4")}),
                       doctest::Contains("needs a 'first_step' for the method runge_kutta_4"), ConfigError);
}
