// Median curves with bands, against quantiles by hand.
#include "core/report/figures/curves/bands.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace tightrope;

namespace {

/// A run recorded at iterations 0, 1, 2, …; three passes an iteration, the seconds as given.
Trace trace(const std::vector<Real>& values, Real seconds = 1) {
  Trace result;
  result.columns = {{"iteration", "", 0, false}, {"passes", "", 0, false}, {"error", "", 1, true}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto t = static_cast<Real>(i);
    result.rows.push_back({t, 3 * t, values[i]});
    result.seconds.push_back(seconds * t);
  }
  return result;
}

Track track(const std::vector<Real>& values, bool is_lost = false) {
  return track_of(trace(values), 2, Clock::iterations, is_lost);
}

}  // namespace

TEST_CASE("a track is what was recorded, on the clock that is asked for") {
  const Trace of = trace({4, std::nan(""), 2, INFINITY, -1, 1}, 0.5);
  CHECK(track_of(of, 2, Clock::iterations, false).x == std::vector<Real>{0, 2, 5});
  CHECK(track_of(of, 2, Clock::passes, false).x == std::vector<Real>{0, 6, 15});
  CHECK(track_of(of, 2, Clock::seconds, false).x == std::vector<Real>{0, 1, 2.5});
  CHECK(track_of(of, 2, Clock::seconds, false).y == std::vector<Real>{4, 2, 1});
  Trace timeless = of;
  timeless.seconds.clear();
  CHECK(track_of(timeless, 2, Clock::seconds, false).x.empty());
}

TEST_CASE("between recorded values a track is linear, or its logarithm is") {
  const Track of = track({1, 0.01});
  CHECK(value_at(of, 0.5, false) == doctest::Approx(0.505));
  CHECK(value_at(of, 0.5, true) == doctest::Approx(0.1));
  CHECK(value_at(of, 0, true) == 1);
  CHECK(value_at(of, 1, true) == 0.01);
  CHECK(value_at(of, 7, true) == 0.01);  // it has ended, and keeps its last value
  const Track lost = track({1, 2}, true);
  CHECK(value_at(lost, 1, true) == 2);
  CHECK(std::isinf(value_at(lost, 1.5, true)));
  CHECK(value_at(track({1, 0}), 0.5, true) == doctest::Approx(0.5));  // 0 has no logarithm
}

TEST_CASE("a band holds median and quartiles") {
  // At iteration 1: 10, 20, 30, 40, 50; quartiles of five values are the second and the fourth.
  const Series band =
      band_of({track({5, 30}), track({5, 10}), track({5, 50}), track({5, 20}), track({5, 40})}, true, 100);
  CHECK(band.x == std::vector<Real>{0, 1});
  CHECK(band.y == std::vector<Real>{5, 30});
  CHECK(band.low == std::vector<Real>{5, 20});
  CHECK(band.high == std::vector<Real>{5, 40});
  CHECK_FALSE(band.is_lost);
  // Of 1, 2, 3, 10 by linear interpolation at 1 + 3p: 1.75, 2.5, 4.75.
  const Series four = band_of({track({1}), track({2}), track({3}), track({10})}, true, 100);
  CHECK(four.y == std::vector<Real>{2.5});
  CHECK(four.low == std::vector<Real>{1.75});
  CHECK(four.high == std::vector<Real>{4.75});
}

TEST_CASE("a run that ended early keeps its last value") {
  const Series band = band_of({track({8, 1}), track({8, 4, 2}), track({8, 6, 4, 3})}, true, 100);
  CHECK(band.x == std::vector<Real>{0, 1, 2, 3});
  CHECK(band.y == std::vector<Real>{8, 4, 2, 2});  // of {8,8,8}, {1,4,6}, {1,2,4}, {1,2,3}
}

TEST_CASE("diverged runs are not dropped: they are above every number, and end the median when they are many") {
  const Series one_of_three = band_of({track({1, 1, 1}), track({2, 2, 2}), track({3}, true)}, true, 100);
  CHECK(one_of_three.y == std::vector<Real>{2, 2, 2});
  CHECK(one_of_three.high[0] == 2.5);
  CHECK(std::isinf(one_of_three.high[1]));
  CHECK_FALSE(one_of_three.is_lost);
  const Series two_of_three = band_of({track({1, 1, 1, 1}), track({2, 9}, true), track({3, 8, 7}, true)}, true, 100);
  CHECK(two_of_three.x == std::vector<Real>{0, 1, 2});  // at 3 two of three are lost
  CHECK(two_of_three.y == std::vector<Real>{2, 8, 7});
  CHECK(two_of_three.is_lost);
  const Series half = band_of({track({1, 1, 1}), track({2}, true)}, true, 100);
  CHECK(half.x == std::vector<Real>{0});
  CHECK(half.is_lost);
  const Series failed = band_of({track({1, 1}), track({3, 3}), track({2, 2})}, true, 100, 1);  // of 1, 2, 3, ∞
  CHECK(failed.y == std::vector<Real>{2.5, 2.5});
  CHECK(band_of({track({1, 1})}, true, 100, 1).x.empty());
  CHECK(band_of({track({1, 1})}, true, 100, 1).is_lost);
}

TEST_CASE("the grid joins the abscissae of all runs, within what all have begun") {
  const Trace slow = trace({1, 1, 1}, 2), fast = trace({3, 3, 3}, 1);
  const Series band =
      band_of({track_of(slow, 2, Clock::seconds, false), track_of(fast, 2, Clock::seconds, false)}, true, 100);
  CHECK(band.x == std::vector<Real>{0, 1, 2, 4});
  CHECK(band.y == std::vector<Real>{2, 2, 2, 2});
  const Trace late = trace({std::nan(""), 5, 5});
  CHECK(band_of({track_of(late, 2, Clock::iterations, false), track({1, 1, 1})}, true, 100).x ==
        std::vector<Real>{1, 2});
}

TEST_CASE("where some have ended before others begin, those count with their first value") {
  Track early = track({1, 1}, true), late = track({3, 3}, true);
  for (Real& x : late.x) x += 10;
  const Series band = band_of({early, late, early}, true, 100);
  CHECK(band.x == std::vector<Real>{1});
  CHECK(band.y == std::vector<Real>{1});
  CHECK(band.is_lost);
}

TEST_CASE("a long band is thinned to what was asked for, ends included") {
  const std::vector<Real> values(1001, 1);
  const Series band = band_of({track(values), track(values)}, true, 11);
  CHECK(band.x == std::vector<Real>{0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000});
}

TEST_CASE("thinning keeps ends and extremes") {
  std::vector<Real> values(10'000, 1);
  values[1234] = 1e9;
  values[7777] = 1e-9;
  values.back() = 2;
  const auto kept = thinned(values, 300);
  CHECK(kept.size() <= 302);
  CHECK(kept.front() == 0);
  CHECK(kept.back() == 9999);
  CHECK(std::is_sorted(kept.begin(), kept.end()));
  CHECK(std::find(kept.begin(), kept.end(), 1234) != kept.end());
  CHECK(std::find(kept.begin(), kept.end(), 7777) != kept.end());
  CHECK(thinned({3, 2, 1}, 300) == std::vector<std::size_t>{0, 1, 2});
  const Series one = band_of({track(values)}, true, 300);  // a single run is thinned in this way, and has no band
  CHECK(one.low.empty());
  CHECK(*std::max_element(one.y.begin(), one.y.end()) == 1e9);
}
