// Quantiles, intervals, times to a target, tests, fits and profiles: textbook cases, edges and properties. What SciPy
// has is compared with it in statistics_scipy_test.cpp.
#include "core/statistics/statistics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <limits>

#include "core/statistics/fits.hpp"
#include "core/statistics/profiles.hpp"
#include "core/statistics/tests.hpp"

using namespace tightrope;

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

std::vector<Real> normals(const Stream& stream, std::size_t count) {
  std::vector<Real> values(count);
  stream.fill_normal(0, values);
  return values;
}

std::vector<CensoredTime> all_reached(const std::vector<Real>& times) {
  std::vector<CensoredTime> runs;
  for (const Real time : times) runs.push_back({time, true});
  return runs;
}

}  // namespace

TEST_CASE("quantiles of empty, single and infinite samples are defined") {
  CHECK_FALSE(quantile({}, 0.5));
  CHECK_FALSE(median({}));
  const std::vector<Real> one = {3}, four = {4, 1, 3, 2}, mixed = {1, infinity, 2}, most = {infinity, 1, infinity, 2};
  CHECK(quantile(one, 0.9) == 3);
  CHECK(median(four) == 2.5);
  CHECK(quantile(four, 0) == 1);
  CHECK(quantile(four, 1) == 4);
  CHECK(median(mixed) == 2);
  CHECK(median(most) == infinity);
  CHECK(quantile(most, 0.9) == infinity);
}

TEST_CASE("the bootstrap of a median has the ends that its exact distribution has") {
  // For odd n, P(median of a resample ≤ x_(k)) = P(Binomial(n, k/n) ≥ (n + 1)/2) (Efron 1979, section 3).
  for (const Index n : {Index{5}, Index{11}, Index{25}}) {
    std::vector<Real> values(n);
    for (Index i = 0; i < n; ++i) values[i] = static_cast<Real>(i + 1);
    for (const Real level : {0.5, 0.8, 0.95}) {
      CAPTURE(n);
      CAPTURE(level);
      const auto exact_quantile = [&](Real p) {
        for (Index k = 1; k < n; ++k) {
          const boost::math::binomial below(static_cast<Real>(n), static_cast<Real>(k) / static_cast<Real>(n));
          const Real reached = boost::math::cdf(complement(below, static_cast<Real>((n + 1) / 2 - 1)));
          REQUIRE(std::abs(reached - p) > 2e-3);  // no tie that the resampling could decide either way
          if (reached >= p) return static_cast<Real>(k);
        }
        return static_cast<Real>(n);
      };
      const Estimate found = *bootstrap_median(values, Stream(7, "bootstrap"), level, 40000);
      CHECK(found.value == static_cast<Real>((n + 1) / 2));
      CHECK(found.interval.low == exact_quantile((1 - level) / 2));
      CHECK(found.interval.high == exact_quantile((1 + level) / 2));
    }
  }
}

TEST_CASE("bootstrap intervals are reproducible, and belong to their stream") {
  const std::vector<Real> values = normals(Stream(1, "sample"), 20);
  const Estimate a = *bootstrap_median(values, Stream(1, "a")), again = *bootstrap_median(values, Stream(1, "a"));
  CHECK(a.interval.low == again.interval.low);
  CHECK(a.interval.high == again.interval.high);
  std::vector<Real> shuffled(values.rbegin(), values.rend());
  CHECK(bootstrap_median(shuffled, Stream(1, "a"))->interval.low == a.interval.low);
  const Estimate other = *bootstrap_median(normals(Stream(1, "sample"), 200), Stream(1, "b"), 0.95, 50);
  CHECK(other.interval.low !=
        bootstrap_median(normals(Stream(1, "sample"), 200), Stream(1, "c"), 0.95, 50)->interval.low);
}

TEST_CASE("bootstrap intervals of samples without spread have no width, of nothing there is none") {
  CHECK_FALSE(bootstrap_median({}, Stream(1, "a")));
  for (const std::vector<Real>& values : {std::vector<Real>{2.5}, std::vector<Real>{2.5, 2.5, 2.5}}) {
    const Estimate found = *bootstrap_median(values, Stream(1, "a"));
    CHECK(found.value == 2.5);
    CHECK(found.interval.low == 2.5);
    CHECK(found.interval.high == 2.5);
  }
}

TEST_CASE("bootstrap intervals hold the true median about as often as they say") {
  int held = 0;
  constexpr int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    const Stream stream(static_cast<std::uint64_t>(trial), "coverage");
    const Interval found = bootstrap_median(normals(stream, 25), stream.child("bootstrap"), 0.9, 400)->interval;
    held += found.low <= 0 && 0 <= found.high ? 1 : 0;
  }
  // The interval of this sample size holds it with probability 0.89 … 0.95; five standard errors are 0.07.
  CHECK(held > 0.82 * trials);
  CHECK(held < trials);
}

TEST_CASE("survival of the textbook: 6-mercaptopurine in leukaemia (Freireich et al., Blood 21, 1963)") {
  std::vector<CensoredTime> runs;
  for (const Real t : {6, 6, 6, 7, 10, 13, 16, 22, 23}) runs.push_back({t, true});
  for (const Real t : {6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35}) runs.push_back({t, false});
  const std::vector<SurvivalStep> steps = survival(runs);
  const std::vector<SurvivalStep> expected = {{6, 0.8571},  {7, 0.8067},  {10, 0.7529}, {13, 0.6902},
                                              {16, 0.6275}, {22, 0.5378}, {23, 0.4482}};
  REQUIRE(steps.size() == expected.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    CHECK(steps[i].time == expected[i].time);
    CHECK(std::abs(steps[i].waiting - expected[i].waiting) < 6e-5);
  }
  const TimeToTarget found = time_to_target(runs);
  CHECK(found.median == 23);
  CHECK(found.reached == 9);
  CHECK(found.count == 21);
}

TEST_CASE("without censoring the Kaplan-Meier median is the median; censoring behind it changes nothing") {
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    std::vector<Real> times = normals(Stream(trial, "times"), 1 + trial % 12);
    for (Real& time : times) time = std::floor(std::exp(time) * 4);  // with ties
    const Real middle = *median(times);
    CHECK(std::abs(*time_to_target(all_reached(times)).median - middle) <= 1e-15 * middle);
    std::vector<CensoredTime> cut;
    const Real budget = *quantile(times, 0.5) + 3;
    Index late = 0;
    for (const Real time : times) {
      cut.push_back({std::min(time, budget), time <= budget});
      late += time > budget ? 1 : 0;
    }
    if (2 * late == times.size()) continue;  // the next arrival is not seen
    CAPTURE(trial);
    CHECK(time_to_target(cut).median == time_to_target(all_reached(times)).median);
    CHECK(time_to_target(cut).reached == times.size() - late);
  }
}

TEST_CASE("runs that never arrive are counted, not dropped") {
  CHECK_FALSE(time_to_target({}).median);
  CHECK(time_to_target({}).count == 0);
  CHECK(time_to_target({}).more_than == 0);

  const std::vector<CensoredTime> none = {{100, false}, {200, false}};
  CHECK_FALSE(time_to_target(none).median);
  CHECK(time_to_target(none).more_than == 200);
  CHECK(time_to_target(none).reached == 0);

  const std::vector<CensoredTime> minority = {{10, true}, {20, true}, {500, false}, {500, false}, {500, false}};
  CHECK_FALSE(time_to_target(minority).median);
  CHECK(time_to_target(minority).more_than == 500);
  CHECK(time_to_target(minority).reached == 2);

  const std::vector<CensoredTime> half = {{10, true}, {20, true}, {500, false}, {500, false}};
  CHECK_FALSE(time_to_target(half).median);
  CHECK(time_to_target(half).more_than == 260);

  // Diverged at once, so that it never arrives: it must not count as lost to sight.
  const std::vector<CensoredTime> diverged = {
      {10, true}, {20, true}, {infinity, false}, {infinity, false}, {infinity, false}};
  CHECK_FALSE(time_to_target(diverged).median);
  CHECK(time_to_target(diverged).more_than == 20);
  const std::vector<CensoredTime> all_diverged = {{infinity, false}};
  CHECK_FALSE(time_to_target(all_diverged).median);
  CHECK(time_to_target(all_diverged).more_than == 0);

  const Interval open = bootstrap_time_to_target(minority, Stream(1, "a"));
  CHECK(open.low == 10);
  CHECK(open.high == infinity);
}

TEST_CASE("the first time at which a target is met, or all the time without it") {
  const std::vector<Real> values = {1, std::nan(""), 0.01, 0.5, 0.001}, times = {1, 21, 41, 61, 81};
  const auto below = [](Real bound) { return [bound](Real value) { return value < bound; }; };
  const CensoredTime met = *wait_for(values, times, below(0.1));
  CHECK(met.reached);
  CHECK(met.time == 41);
  const CensoredTime never = *wait_for(values, times, below(1e-9));
  CHECK_FALSE(never.reached);
  CHECK(never.time == 81);
  CHECK_FALSE(wait_for({}, {}, below(0.1)));
}

TEST_CASE("Wilson intervals of no trials, all and none") {
  CHECK(wilson_interval(0, 0).low == 0);
  CHECK(wilson_interval(0, 0).high == 1);
  CHECK(wilson_interval(0, 10).low == 0);
  CHECK(wilson_interval(10, 10).high == 1);
  for (Index k = 0; k <= 10; ++k) {  // mirrored when successes and failures change places
    CHECK(std::abs(wilson_interval(k, 10).low + wilson_interval(10 - k, 10).high - 1) < 1e-15);
    CHECK(wilson_interval(k, 10).low <= static_cast<Real>(k) / 10);
  }
}

TEST_CASE("the signed-rank test: nothing to rank, signs, infinities, and the change to the normal approximation") {
  CHECK(wilcoxon_signed_rank({}).p == 1);
  const std::vector<Real> zeros = {0, 0, 0};
  CHECK(wilcoxon_signed_rank(zeros).p == 1);
  CHECK(wilcoxon_signed_rank(zeros).pairs == 0);
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    std::vector<Real> d = normals(Stream(trial, "differences"), 5 + 4 * trial), flipped = d;
    for (Real& value : flipped) value = -value;
    const SignedRank greater = wilcoxon_signed_rank(d, Alternative::greater), two = wilcoxon_signed_rank(d);
    CHECK(greater.p == wilcoxon_signed_rank(flipped, Alternative::less).p);
    CHECK(two.p == wilcoxon_signed_rank(flipped).p);
    CHECK(greater.is_exact);
    const SignedRank exact = wilcoxon_signed_rank(d, Alternative::two_sided, SignedRankMethod::exact);
    const SignedRank normal = wilcoxon_signed_rank(d, Alternative::two_sided, SignedRankMethod::normal);
    if (d.size() >= 25) CHECK(std::abs(exact.p - normal.p) < 0.01);
  }
  const std::vector<Real> far = {1, 2, 3, 4, infinity}, against = {1, 2, 3, 4, -infinity};
  CHECK(wilcoxon_signed_rank(far, Alternative::greater).p == 1 / 32.0);
  CHECK(wilcoxon_signed_rank(against, Alternative::greater).rank_sum == 10);
}

TEST_CASE("the signed-rank test is exact with ties and zeros: every assignment of signs") {
  for (std::uint64_t trial = 0; trial < 60; ++trial) {
    std::vector<Real> d = normals(Stream(trial, "ties"), 1 + trial % 13);
    for (Real& value : d) value = std::round(2 * value);
    std::vector<Real> kept;
    for (const Real value : d)
      if (value != 0) kept.push_back(value);
    std::vector<Real> ranks;  // by counting
    Real observed = 0;
    for (const Real own : kept) {
      Real below = 0, equal = 0;
      for (const Real other : kept) {
        below += std::abs(other) < std::abs(own) ? 1 : 0;
        equal += std::abs(other) == std::abs(own) ? 1 : 0;
      }
      ranks.push_back(below + (equal + 1) / 2);
      if (own > 0) observed += ranks.back();
    }
    Real above = 0, below = 0;
    const std::size_t all = std::size_t{1} << kept.size();
    for (std::size_t signs = 0; signs < all; ++signs) {
      Real sum = 0;
      for (std::size_t i = 0; i < kept.size(); ++i) sum += (signs >> i & 1U) != 0 ? ranks[i] : 0;
      above += sum >= observed ? 1 : 0;
      below += sum <= observed ? 1 : 0;
    }
    const Real count = static_cast<Real>(all);
    CAPTURE(trial);
    CHECK(wilcoxon_signed_rank(d, Alternative::greater).p == above / count);
    CHECK(wilcoxon_signed_rank(d, Alternative::less).p == below / count);
    CHECK(wilcoxon_signed_rank(d).p == std::min(1.0, 2 * std::min(above, below) / count));
  }
}

TEST_CASE("the signed-rank test is exact as long as that can be had, and says where it is not") {
  for (const std::size_t n : {199U, 200U, 201U}) {
    std::vector<Real> d = normals(Stream(n, "long"), n);
    for (Real& value : d) value = std::round(4 * (value + 0.1)) + 0.5;  // ties, no zeros
    const SignedRank found = wilcoxon_signed_rank(d), exact = wilcoxon_signed_rank(d, {}, SignedRankMethod::exact);
    CHECK(found.is_exact == (n <= 200));
    CHECK(found.p == doctest::Approx(exact.p).epsilon(0.01));
    for (Real& value : d) value = -value;
    std::reverse(d.begin(), d.end());
    CHECK(wilcoxon_signed_rank(d).p == found.p);
  }
}

TEST_CASE("ratios that mirror each other are equally far from 1, whatever rounding does") {
  for (int a = 1; a < 60; ++a)
    for (int b = 1; b < 60; ++b) {
      const Real apart = signed_ratio(a, b);
      CHECK(apart == -signed_ratio(b, a));
      CHECK(apart == signed_ratio(3 * a, 3 * b));
      CHECK((apart > 0) == (a > b));
      CHECK((apart == 0) == (a == b));
      CHECK(as_ratio(apart) == doctest::Approx(static_cast<Real>(a) / b).epsilon(1e-15));
    }
  CHECK(signed_ratio(0, 0) == 0);
  CHECK(signed_ratio(infinity, infinity) == 0);
  CHECK(signed_ratio(0, 3) == -infinity);
  CHECK(signed_ratio(3, 0) == infinity);
  CHECK(signed_ratio(3, infinity) == -infinity);
  // A decimal bound is no double: 0.1·3 is more than 0.3, and 1 : 0.1·3 is as far from it as 0.1·100 : 3.
  CHECK(signed_ratio(0.3, 0.1 * 3) == 0);
  const std::vector<Real> mirrored = {signed_ratio(1, 0.1 * 3), signed_ratio(3, 0.1 * 100)};
  CHECK(mirrored[0] != -mirrored[1]);
  CHECK(wilcoxon_signed_rank(mirrored).rank_sum == 1.5);
}

TEST_CASE("the median of ratios turns over with them") {
  CHECK_FALSE(median_ratio({}));
  CHECK(*median_ratio({3}) == 3);
  CHECK(*median_ratio({-2, 5, 1.5}) == 1.5);
  CHECK(*median_ratio({2, 8}) == doctest::Approx(4));
  CHECK(*median_ratio({-2, 8}) == doctest::Approx(2));
  CHECK(*median_ratio({-3, 3}) == 0);
  CHECK(*median_ratio({0, 4}) == doctest::Approx(2));
  CHECK(*median_ratio({-infinity, infinity}) == 0);
  CHECK(*median_ratio({2, infinity}) == infinity);
  CHECK(*median_ratio({-infinity, 2}) == -infinity);
  for (std::uint64_t trial = 0; trial < 40; ++trial) {
    std::vector<Real> apart, mirrored;
    for (const Real value : normals(Stream(trial, "ratios"), 1 + trial % 9)) {
      apart.push_back(signed_ratio(std::exp(value), 1));
      mirrored.insert(mirrored.begin(), -apart.back());
    }
    CHECK(*median_ratio(mirrored) == -*median_ratio(apart));
  }
}

TEST_CASE("McNemar's test counts disagreements alone") {
  CHECK(mcnemar(0, 0) == 1);
  CHECK(mcnemar(3, 3) == 1);
  CHECK(std::abs(mcnemar(0, 5) - 2 / 32.0) < 1e-15);
  CHECK(mcnemar(9, 2) == mcnemar(2, 9));
}

TEST_CASE("Holm's correction") {
  CHECK(holm({}).empty());
  const std::vector<Real> p = {0.01, 0.04, 0.03, 0.005}, adjusted = holm(p);  // 0.005·4, 0.01·3, 0.03·2, 0.04 → 0.06
  const std::vector<Real> expected = {0.03, 0.06, 0.06, 0.02};
  for (std::size_t i = 0; i < p.size(); ++i) CHECK(std::abs(adjusted[i] - expected[i]) < 1e-15);
  const std::vector<Real> single = {0.2}, large = {0.7, 0.9};
  CHECK(holm(single)[0] == 0.2);
  CHECK(holm(large)[1] == 1);
}

TEST_CASE("fits of exact laws give their exponents and rates") {
  std::vector<Real> x, power, exponential;
  for (int i = 1; i <= 20; ++i) {
    x.push_back(i);
    power.push_back(3 * std::pow(i, -0.8));
    exponential.push_back(5 * std::exp(-0.25 * i));
  }
  const LineFit law = fit_power_law(x, power), rate = fit_exponential(x, exponential);
  CHECK(std::abs(law.slope + 0.8) < 1e-14);
  CHECK(std::abs(std::exp(law.intercept) - 3) < 1e-13);
  CHECK(law.slope_interval.high - law.slope_interval.low < 1e-13);
  CHECK(std::abs(rate.slope + 0.25) < 1e-14);
  CHECK(rate.count == 20);
}

TEST_CASE("fits without enough to fit say why") {
  const std::vector<Real> none, one = {1}, two = {1, 2}, equal = {0.1, 0.1, 0.1}, three = {1, 2, 4}, zero = {1, 0, 2};
  CHECK(fit_line(none, none).trouble == "there are no points");
  CHECK(fit_line(one, one).trouble == "there is only one point");
  CHECK(fit_line(equal, three).trouble == "all points are at the same place");
  CHECK(fit_power_law(zero, three).trouble == "0 has no logarithm");
  CHECK(fit_exponential(three, zero).trouble == "0 has no logarithm");
  CHECK(fit_exponential(zero, three).trouble.empty());
  const std::vector<Real> unbounded = {1, infinity, 2};
  CHECK(fit_line(three, unbounded).trouble == "a value is not finite");
  const LineFit through_two = fit_line(two, two);
  CHECK(through_two.trouble.empty());
  CHECK(through_two.slope == 1);
  CHECK(through_two.slope_interval.low == -infinity);
  CHECK(through_two.slope_interval.high == infinity);
  const LineFit flat = fit_line(three, equal);  // all values equal: a slope of exactly 0, known exactly
  CHECK(flat.slope == 0);
  CHECK(flat.slope_interval.low == 0);
}

TEST_CASE("performance profiles count every problem") {
  const std::vector<std::vector<Real>> costs = {{10, 20}, {30, 10}, {5, infinity}, {infinity, infinity}, {0, 7}};
  const std::vector<Profile> profiles = performance_profiles(costs);
  REQUIRE(profiles.size() == 2);
  CHECK(profiles[0].at(0.99) == 0);
  CHECK(profiles[0].at(1) == 0.6);  // problems 1, 3 and 5
  CHECK(profiles[0].at(3) == 0.8);  // and 2
  CHECK(profiles[0].at(1e9) == 0.8);
  CHECK(profiles[1].at(1) == 0.2);
  CHECK(profiles[1].at(1.99) == 0.2);
  CHECK(profiles[1].at(2) == 0.4);
  CHECK(profiles[1].at(1e9) == 0.4);  // a cost where another needs none is infinitely dearer
  CHECK(performance_profiles({}).empty());
  const std::vector<std::vector<Real>> hopeless = {{infinity}};
  CHECK(performance_profiles(hopeless)[0].steps.empty());
  CHECK(performance_profiles(hopeless)[0].at(1e9) == 0);
}
