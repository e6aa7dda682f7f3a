// Verdicts on claims: each kind true, false, and with runs that did not arrive, diverged or recorded nothing.
#include "core/claims/judging/judge.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <deque>

#include "core/numbers/streams.hpp"
#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

namespace {

Claim claim(const std::string& text) {
  std::vector<Diagnostic> diagnostics;
  Claim result = read_claim(parse_yaml(text, "c.yaml"), diagnostics);
  REQUIRE_MESSAGE(diagnostics.empty(), (diagnostics.empty() ? "" : diagnostics[0].text()));
  return result;
}

/// Rows at iterations 0, 10, 20, …; two passes an iteration, a hundredth of a second each.
Trace trace(const std::vector<Real>& errors) {
  Trace result;
  result.columns = {{"iteration", "", 0, false}, {"passes", "", 0, false}, {"error", "", 1, true}};
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const Real iteration = 10 * static_cast<Real>(i);
    result.rows.push_back({iteration, 2 * iteration + 1, errors[i]});
    result.seconds.push_back(iteration / 100);
  }
  return result;
}

/// Reaches an error below 0.1 at row `arrival` of `rows`; never if there is no such row.
Trace arriving(std::size_t arrival, std::size_t rows) {
  std::vector<Real> errors(rows, 1);
  for (std::size_t i = arrival; i < rows; ++i) errors[i] = 0.01;
  return trace(errors);
}

/// The runs of a study; traces live as long as it does.
struct Runs {
  std::deque<Trace> traces;
  std::vector<ClaimSubject> subjects;
  void add(Labels labels, Trace of, bool is_lost = false) {
    traces.push_back(std::move(of));
    subjects.push_back({std::move(labels), &traces.back(), is_lost});
  }
  Verdict operator()(const std::string& text) const { return judge({claim(text)}, subjects).front(); }
};

bool holds(const std::string& text, const Trace& of) { return judge({claim(text)}, {{{}, &of}}).front().holds; }
std::string measured(const std::string& text, const Trace& of) {
  return judge({claim(text)}, {{{}, &of}}).front().measured;
}

std::string label(Real value) { return shortest(value); }

}  // namespace

TEST_CASE("quantities pick the value that they name, and skip what was not recorded") {
  const Trace of = trace({1, 0.5, 2, std::nan(""), std::nan(""), 0.25});
  CHECK(holds("{that: initial error, is: '>= 1'}", of));
  CHECK(holds("{that: final error, is: < 0.26}", of));
  CHECK_FALSE(holds("{that: final error, is: < 0.25}", of));
  CHECK(holds("{that: final error, is: <= 0.25}", of));
  CHECK(holds("{that: smallest error, is: '> 0.24'}", of));
  CHECK(holds("{that: largest error, is: '>= 2'}", of));
  CHECK_FALSE(holds("{that: largest error, is: '> 2'}", of));
  CHECK(holds("{that: error at 10, is: <= 0.5}", of));
  CHECK(holds("{that: iterations, is: <= 50}", of));
  CHECK_FALSE(holds("{that: iterations, is: < 50}", of));
  CHECK(holds("{that: passes, is: between 101 and 101}", of));
  CHECK_FALSE(holds("{that: passes, is: between 102 and 200}", of));
  CHECK(holds("{that: seconds, is: <= 0.5}", of));
  CHECK(holds("{that: final error, relative to: largest error, is: <= 0.125}", of));
}

TEST_CASE("a final value is that of the last row, and no earlier one where it is not defined there") {
  const Trace of = trace({1, 0.25, std::nan("")});
  CHECK_FALSE(holds("{that: final error, is: <= 0.25}", of));
  CHECK_FALSE(holds("{that: final error, is: '> 0'}", of));
  CHECK(measured("{that: final error, is: '> 0'}", of) == "not recorded");
  CHECK(holds("{that: smallest error, is: <= 0.25}", of));
}

TEST_CASE("a claim about something that was not recorded is false") {
  const Trace of = trace({1, std::nan("")});
  CHECK_FALSE(holds("{that: error at 10, is: < 1e9}", of));
  CHECK_FALSE(holds("{that: error at 5, is: '> -1e9'}", of));
  CHECK_FALSE(holds("{that: error at 5, of: median, is: '> -1e9'}", of));
  CHECK_FALSE(holds("{that: iterations to loss < 1, is: '> -1'}", of));
  CHECK_FALSE(holds("{that: error at 5, relative to: initial error, is: '> -1e9'}", of));
  CHECK(measured("{that: error at 5, is: < 1}", of) == "not recorded");
  CHECK(measured("{that: success of loss < 1, is: '> 0'}", of) == "0: 0 of 1 runs, 95 % interval 0.000 to 0.793");
  const Verdict nobody = judge({claim("{that: final error, is: < 1}")}, {}).front();
  CHECK_FALSE(nobody.holds);
  CHECK(nobody.measured == "no such run");
  CHECK_FALSE(judge({claim("{that: iterations, is: < 1}")}, {{{}, nullptr, true}}).front().holds);
  Trace without_times = of;
  without_times.seconds.clear();
  CHECK(measured("{that: seconds to error < 2, is: < 1}", without_times) == "not recorded");
}

TEST_CASE("the worst run decides about every run, the best about some run") {
  Runs runs;
  runs.add({{"method", "a"}}, trace({1e-9}));
  runs.add({{"method", "b"}}, trace({1e-2}));
  const Verdict every = runs("{that: final error, is: < 1e-3}");
  CHECK_FALSE(every.holds);
  CHECK(every.measured == "0.01 (method b)");
  CHECK(runs("{that: final error, of: some run, is: < 1e-3}").holds);
  CHECK(runs("{that: final error, of: some run, is: < 1e-3}").measured == "1.000e-09 (method a)");
  CHECK(runs("{that: final error, where: {method: a}, is: < 1e-3}").holds);
  const Verdict above = runs("{that: final error, is: '> 1e-6'}");
  CHECK_FALSE(above.holds);
  CHECK(above.measured == "1.000e-09 (method a)");
  CHECK(runs("{that: final error, is: between 1e-5 and 1e-3}").measured == "0.01 (method b)");
  CHECK(runs("{that: final error, is: between 1e-9 and 1e-2}").holds);
}

TEST_CASE("a list of values means the runs that have one of them") {
  Runs runs;
  runs.add({{"step", "0.1"}}, trace({1, 0.5}));
  runs.add({{"step", "0.2"}}, trace({1, 0.3}));
  runs.add({{"step", "0.3"}}, trace({1, 0.9}));
  const Verdict both = runs("{that: final error, where: {step: [0.1, 2e-1]}, is: < 0.6}");
  CHECK(both.holds);
  CHECK(both.measured == "0.5 (step 0.1)");
  CHECK_FALSE(runs("{that: final error, where: {step: [0.1, 0.3]}, is: < 0.6}").holds);
  CHECK(claim("{that: final error, where: {step: [0.1, 0.3]}, is: < 1}").text == "final error < 1, step 0.1 or 0.3");
}

TEST_CASE("a run that has not arrived needs more than it had, and nothing else is known") {
  const Trace of = arriving(99, 6);  // watched until iteration 50
  CHECK(measured("{that: iterations to error < 0.1, is: < 1000}", of) == "more than 50");
  CHECK_FALSE(holds("{that: iterations to error < 0.1, is: < 1000}", of));
  CHECK_FALSE(holds("{that: iterations to error < 0.1, is: between 0 and 1000}", of));
  CHECK(holds("{that: iterations to error < 0.1, is: '> 50'}", of));
  CHECK(holds("{that: passes to error < 0.1, is: '>= 101'}", of));
  CHECK_FALSE(holds("{that: iterations to error < 0.1, is: '> 51'}", of));
  CHECK(holds("{that: seconds to error < 0.1, is: '> 0.4'}", of));
  const Trace arrived = arriving(3, 6);
  CHECK(holds("{that: iterations to error < 0.1, is: between 30 and 30}", arrived));
  CHECK(holds("{that: iterations to error < 0.1, relative to: iterations, is: <= 0.6}", arrived));
  CHECK(measured("{that: iterations, relative to: iterations to error < 0.1, is: < 1}", of) == "less than 1");
  CHECK(holds("{that: iterations, relative to: iterations to error < 0.1, is: < 1}", of));
  CHECK_FALSE(holds("{that: iterations, relative to: iterations to error < 0.1, is: '> 0.5'}", of));
}

TEST_CASE("the median over the repetitions is judged in every setting") {
  Runs runs;
  for (int r = 0; r < 5; ++r) {
    runs.add({{"kappa", "1"}, {"repetition", std::to_string(r)}}, arriving(static_cast<std::size_t>(r) + 1, 10));
    runs.add({{"kappa", "10"}, {"repetition", std::to_string(r)}}, arriving(static_cast<std::size_t>(2 * r) + 2, 9));
  }
  CHECK(runs("{that: iterations to error < 0.1, of: median, where: {kappa: 1}, is: between 30 and 30}").holds);
  const Verdict both = runs("{that: iterations to error < 0.1, of: median, is: < 50}");
  CHECK_FALSE(both.holds);
  CHECK(both.measured == "60 (4 of 5 arrived) (kappa 10)");  // 20, 40, 60, 80, more
  CHECK(runs("{that: iterations to error < 0.1, of: median, is: <= 60}").holds);
  CHECK(runs("{that: iterations to error < 0.1, is: '> 5'}").holds);

  Runs late;
  for (int r = 0; r < 5; ++r) late.add({{"repetition", std::to_string(r)}}, arriving(r < 2 ? 1 : 99, 11));
  const Verdict not_reached = late("{that: iterations to error < 0.1, of: median, is: < 1000}");
  CHECK_FALSE(not_reached.holds);
  CHECK(not_reached.measured == "more than 100 (2 of 5 arrived)");
  CHECK(late("{that: iterations to error < 0.1, of: median, is: '> 100'}").holds);
}

TEST_CASE("the mean over the repetitions is of numbers that are all known") {
  Runs runs;
  for (int r = 0; r < 4; ++r) runs.add({{"repetition", std::to_string(r)}}, arriving(r < 3 ? 1 : 9, 11));
  CHECK(runs("{that: iterations to error < 0.1, of: mean, is: between 30 and 30}").holds);  // 10, 10, 10, 90
  CHECK(runs("{that: iterations to error < 0.1, of: mean, is: < 10}").measured == "30");
  runs.add({{"repetition", "4"}}, arriving(99, 11));
  const Verdict late = runs("{that: iterations to error < 0.1, of: mean, is: '> 1'}");
  CHECK_FALSE(late.holds);
  CHECK(late.measured == "no mean: one value is more than 100");
}

TEST_CASE("a diverged run counts as one that never arrives, not as one lost to sight") {
  Runs runs;
  for (int r = 0; r < 2; ++r) runs.add({{"repetition", std::to_string(r)}}, arriving(5, 10));
  for (int r = 2; r < 5; ++r) runs.add({{"repetition", std::to_string(r)}}, arriving(99, 2), true);
  CHECK_FALSE(runs("{that: iterations to error < 0.1, of: median, is: < 1000}").holds);
  CHECK_FALSE(runs("{that: iterations to error < 0.1, is: '> 20'}").holds);  // all that is sure is more than 10
}

TEST_CASE("success is the share of the runs that meet a condition") {
  Runs runs;
  for (int r = 0; r < 10; ++r)
    runs.add({{"method", "gd"}, {"kappa", "1"}, {"repetition", std::to_string(r)}}, trace({r < 9 ? 1e-7 : 1.0}));
  for (int r = 0; r < 10; ++r)
    runs.add({{"method", "gd"}, {"kappa", "10"}, {"repetition", std::to_string(r)}}, trace({r < 5 ? 1e-7 : 1.0}));
  const Verdict good = runs("{that: success of error < 1e-6, where: {method: gd, kappa: 1}, is: '>= 0.9'}");
  CHECK(good.holds);
  CHECK(good.measured == "0.9: 9 of 10 runs, 95 % interval 0.596 to 0.982");
  const Verdict each = runs("{that: success of error < 1e-6, where: {method: gd}, is: '>= 0.9'}");
  CHECK_FALSE(each.holds);
  CHECK(each.measured.find("(kappa 10)") != std::string::npos);
  CHECK(runs("{that: success of error < 1e-6, is: between 0.5 and 0.9}").holds);
  CHECK(runs("{that: success of error < 1e-6, relative to: initial error, is: <= 0}").holds);
}

TEST_CASE("a comparison is the ratio of medians over runs that differ in nothing else") {
  Runs runs;
  for (int r = 0; r < 6; ++r)
    for (const auto& [kappa, factor] : {std::pair{"1", 2u}, std::pair{"10", 6u}}) {
      const std::string repetition = std::to_string(r);
      const std::size_t scaled = 1 + static_cast<std::size_t>(r) % 3;
      runs.add({{"method", "gd"}, {"kappa", kappa}, {"repetition", repetition}}, arriving(factor * scaled, 20));
      runs.add({{"method", "scaled"}, {"kappa", kappa}, {"repetition", repetition}}, arriving(scaled, 20));
    }
  const std::string sides = "that: iterations to error < 0.1, where: {method: gd}, compared with: {method: scaled}";
  const std::string at_10 =
      "that: iterations to error < 0.1, where: {method: gd, kappa: 10}, compared with: {method: scaled}";
  CHECK(runs("{" + sides + ", is: '> 1.9'}").holds);
  CHECK(runs("{" + sides + ", is: '> 2'}").measured == "2: 40 against 20 (kappa 1)");
  CHECK_FALSE(runs("{" + sides + ", is: '> 2'}").holds);
  CHECK(runs("{" + at_10 + ", is: '> 5.9'}").holds);
  CHECK(runs("{" + at_10 + ", is: '> 5.9', p: 0.05}").holds);
  CHECK(runs("{" + at_10 + ", is: '> 5.9', p: 0.05}").measured.find("p = 0.016 from 6 repetitions") !=
        std::string::npos);
  // Six repetitions cannot give less than 2^-6.
  const Verdict few = runs("{" + at_10 + ", is: '> 5.9', p: 0.01}");
  CHECK_FALSE(few.holds);
  CHECK(few.measured.find("too few to show anything: it takes 7") != std::string::npos);
  // Two settings, two tests: 2/64.
  const std::string against_gd =
      "that: iterations to error < 0.1, where: {method: scaled}, compared with: {method: gd}, is: < 0.51";
  const Verdict two = runs("{" + against_gd + ", p: 0.05}");
  CHECK(two.holds);
  CHECK(two.measured == "0.5: 20 against 40, p = 0.031 from 6 repetitions (Holm, 2 tests) (kappa 1)");
  CHECK_FALSE(runs("{" + against_gd + ", p: 0.03}").holds);
  CHECK_FALSE(runs("{" + sides + ", is: equal, up to: 5 %}").holds);
  CHECK(runs("{" + sides + ", is: equal, up to: 500 %}").holds);
  CHECK_FALSE(runs("{" + sides + ", is: equal, up to: 499 %}").holds);
}

TEST_CASE("a test is made in each setting, and the worst setting decides value and p together") {
  Runs runs;
  for (int r = 0; r < 10; ++r) {
    const std::string repetition = std::to_string(r);
    for (const char* share : {"0", "0.3"}) {
      // Without outliers the two are equal but for chance; with them the first takes five times as long.
      const bool is_far = share[0] == '0' && share[1] == '.';
      const std::size_t second = 4 + static_cast<std::size_t>(r) % 3;
      const std::size_t first = is_far ? 5 * second : r == 0 ? second + 1 : second;
      runs.add({{"method", "a"}, {"share", share}, {"repetition", repetition}}, arriving(first, 40));
      runs.add({{"method", "b"}, {"share", share}, {"repetition", repetition}}, arriving(second, 40));
    }
  }
  const std::string sides = "that: iterations to error < 0.1, compared with: {method: b}, is: '>= 1', p: 0.05";
  const Verdict both = runs("{" + sides + ", where: {method: a}}");
  // In the setting that decides, the value fits the claim and the test does not show it.
  CHECK_FALSE(both.holds);
  CHECK(both.measured == "1: 50 against 50, p = 0.5 from 10 repetitions (Holm, 2 tests) (share 0)");
  const Verdict far = runs("{" + sides + ", where: {method: a, share: 0.3}}");
  CHECK(far.holds);
  CHECK(far.measured == "5: 250 against 50, p = 9.8e-04 from 10 repetitions");
  // A setting whose value does not fit is worse than one whose test does not show it.
  const Verdict value = runs(
      "{that: iterations to error < 0.1, where: {method: a}, compared with: {method: b}, is: <= 2, "
      "p: 0.05}");
  CHECK_FALSE(value.holds);
  CHECK(value.measured == "5: 250 against 50, p = 1 from 10 repetitions (Holm, 2 tests) (share 0.3)");
}

TEST_CASE("digits are enough to tell the measured value from its bound, and the two sides from each other") {
  Runs runs;
  runs.add({{"method", "a"}}, trace({1, 0.0051860001}));
  runs.add({{"method", "b"}}, trace({1, 0.005186}));
  CHECK(runs("{that: final error, where: {method: a}, compared with: {method: b}, is: '> 1'}").measured ==
        "1.00000002: 5.1860001e-03 against 5.1860000e-03");
  CHECK(runs("{that: final error, where: {method: a}, is: < 0.005186}").measured == "5.1860001e-03");
  CHECK(runs("{that: final error, where: {method: b}, is: <= 0.005186}").measured == "5.186e-03");
  CHECK(runs("{that: final error, where: {method: b}, is: between 0.00518600003 and 1}").measured == "5.18600000e-03");
  runs.add({{"method", "c"}, {"scale", "1"}}, trace({1, 0.2500001}));
  runs.add({{"method", "c"}, {"scale", "2"}}, trace({1, 0.25}));
  CHECK(runs("{that: final error, where: {method: c}, is: increasing, in: scale}").measured ==
        "0.2500001 at 1, 0.25 at 2");
}

TEST_CASE("what is told does not depend on names or on order") {
  // Of settings that fall in the axis, the one that falls furthest is told.
  const auto told = [](const std::vector<std::string>& names, bool is_reversed) {
    Runs runs;
    const std::vector<std::pair<Real, Real>> values = {{0.5, 0.4}, {0.5, 0.1}, {0.5, 0.3}};
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t m = is_reversed ? 2 - i : i;
      runs.add({{"method", names[m]}, {"scale", "1"}}, trace({1, values[m].first}));
      runs.add({{"method", names[m]}, {"scale", "2"}}, trace({1, values[m].second}));
    }
    return runs("{that: final error, is: increasing, in: scale}").measured;
  };
  CHECK(told({"a", "b", "c"}, false) == "0.5 at 1, 0.1 at 2 (method b)");
  CHECK(told({"a", "b", "c"}, true) == told({"a", "b", "c"}, false));
  CHECK(told({"z", "y", "x"}, false) == "0.5 at 1, 0.1 at 2 (method y)");
}

TEST_CASE("a claim that so few repetitions cannot show is told before they are run") {
  std::vector<Labels> runs;
  for (const char* kappa : {"1", "10"})
    for (int r = 0; r < 6; ++r)
      for (const char* method : {"gd", "scaled"})
        runs.push_back({{"method", method}, {"kappa", kappa}, {"repetition", std::to_string(r)}});
  const Claim at_5 = claim(
                  "{that: final error, where: {method: gd}, compared with: {method: scaled}, is: '> 1', p: 0.05}"),
              at_3 = claim(
                  "{that: final error, where: {method: gd}, compared with: {method: scaled}, is: '> 1', p: 0.03}"),
              without = claim("{that: final error, where: {method: gd}, compared with: {method: scaled}, is: '> 1'}");
  CHECK(too_few_repetitions({at_5, without}, runs).empty());  // 2/64
  CHECK(too_few_repetitions({at_3, without}, runs) ==
        std::vector<std::string>{
            "c.yaml:1:1: this claim cannot hold: 6 repetitions cannot give a p below 0.03 in each of "
            "2 tests (Holm); it takes 7 of them"});
  CHECK(too_few_repetitions({at_5, at_5}, runs).size() == 2);  // 4/64
  CHECK(too_few_repetitions({without}, runs).empty());
}

TEST_CASE("claims of a study without effect hold by chance no more often than they say") {
  int held = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Runs runs;
    std::vector<Real> draw(20);
    Stream(seed, "null claims").fill_uniform(0, draw);
    for (int r = 0; r < 10; ++r)
      for (const char* level : {"1", "2", "3"})  // an axis that changes nothing
        for (const std::size_t m : {0U, 1U})
          runs.add({{"method", m == 0 ? "a" : "b"}, {"level", level}, {"repetition", std::to_string(r)}},
                   trace({1, 0.1 + draw[10 * m + static_cast<std::size_t>(r)]}));
    if (runs("{that: final error, where: {method: a}, compared with: {method: b}, is: < 1, p: 0.05}").holds) ++held;
  }
  CHECK(held <= 10 + 4 * 3);  // 200 coins of at most 1/20, four standard deviations of 3.1
}

TEST_CASE("Holm's correction is over all claims of the file that have a p") {
  Runs runs;
  for (int r = 0; r < 6; ++r) {
    runs.add({{"method", "gd"}, {"repetition", std::to_string(r)}}, arriving(4, 9));
    runs.add({{"method", "scaled"}, {"repetition", std::to_string(r)}}, arriving(2, 9));
  }
  const Claim one = claim(
      "{that: iterations to error < 0.1, where: {method: gd}, compared with: {method: scaled}, is: '> 1', p: 0.05}");
  CHECK(judge({one}, runs.subjects)[0].holds);  // p = 1/64
  CHECK(judge({one, one, one}, runs.subjects)[2].holds);
  const std::vector<Verdict> four = judge({one, one, one, one}, runs.subjects);  // 4/64 > 0.05
  for (const Verdict& verdict : four) CHECK_FALSE(verdict.holds);
  CHECK(four[0].measured.find("(Holm, 4 tests)") != std::string::npos);
}

TEST_CASE("a comparison with runs that have not arrived says what follows and no more") {
  Runs runs;
  for (int r = 0; r < 6; ++r) {
    runs.add({{"method", "slow"}, {"repetition", std::to_string(r)}}, arriving(99, 21));  // more than 200
    runs.add({{"method", "fast"}, {"repetition", std::to_string(r)}}, arriving(4, 21));
    runs.add({{"method", "none"}, {"repetition", std::to_string(r)}}, arriving(99, 11));
  }
  const auto sides = [](const std::string& a, const std::string& b) {
    return "{that: iterations to error < 0.1, where: {method: " + a + "}, compared with: {method: " + b + "}, ";
  };
  CHECK(runs(sides("slow", "fast") + "is: '> 4.9', p: 0.05}").holds);
  CHECK(runs(sides("slow", "fast") + "is: '> 1'}").measured.substr(0, 13) == "more than 5: ");
  CHECK_FALSE(runs(sides("slow", "fast") + "is: '> 5.1'}").holds);
  CHECK_FALSE(runs(sides("slow", "fast") + "is: < 100}").holds);
  CHECK(runs(sides("fast", "slow") + "is: < 0.21, p: 0.05}").holds);
  CHECK_FALSE(runs(sides("fast", "slow") + "is: '> 0.01'}").holds);
  CHECK_FALSE(runs(sides("slow", "none") + "is: '> 1'}").holds);
  CHECK_FALSE(runs(sides("slow", "none") + "is: < 1, p: 0.5}").holds);
  CHECK_FALSE(runs(sides("slow", "none") + "is: equal, up to: 1000 %}").holds);
}

TEST_CASE("exponents and rates along a label") {
  Runs runs;
  for (const Real scale : {1e-4, 1e-3, 1e-2, 1e-1})
    for (int r = 0; r < 2; ++r) {
      const Real spread = r == 0 ? 1.1 : 1 / 1.1;
      runs.add({{"method", "a"}, {"scale", label(scale)}, {"repetition", std::to_string(r)}},
               trace({3 * std::pow(scale, 0.8) * spread}));
      runs.add({{"method", "b"}, {"scale", label(scale)}, {"repetition", std::to_string(r)}},
               trace({std::exp(-7 * scale) * spread}));
    }
  CHECK(runs("{that: exponent of final error over scale, where: {method: a}, is: between 0.79 and 0.81}").holds);
  CHECK_FALSE(runs("{that: exponent of final error over scale, where: {method: a}, is: between 0.81 and 0.95}").holds);
  CHECK(runs("{that: exponent of final error over scale, where: {method: a}, is: < 1}").measured.find("8 points") !=
        std::string::npos);
  CHECK(runs("{that: rate of final error over scale, where: {method: b}, is: between -7.1 and -6.9}").holds);
  CHECK_FALSE(runs("{that: exponent of final error over scale, is: between 0.79 and 0.81}").holds);  // b as well
  CHECK(runs("{that: exponent of final error over scale, is: between 0.79 and 0.81}").measured.find("(method b)") !=
        std::string::npos);
  runs.add({{"method", "a"}, {"scale", "1"}, {"repetition", "0"}}, trace({0}));
  CHECK(runs("{that: exponent of final error over scale, where: {method: a}, is: < 9}").measured ==
        "no fit: 0 has no logarithm");
  Runs censored;
  for (const Real kappa : {1.0, 2.0, 4.0}) censored.add({{"kappa", label(kappa)}}, arriving(kappa < 3 ? 2 : 99, 6));
  const Verdict verdict = censored("{that: exponent of iterations to error < 0.1 over kappa, is: < 9}");
  CHECK_FALSE(verdict.holds);
  CHECK(verdict.measured == "no fit: more than 50 at kappa 4");
}

TEST_CASE("rates and exponents of a trace, in a window of iterations") {
  std::vector<Real> exponential, power;
  for (int i = 0; i <= 30; ++i) {
    exponential.push_back(i < 10 ? 1 : std::exp(-0.02 * 10 * i));
    power.push_back(i == 0 ? 1 : std::pow(10 * i, -1.5));
  }
  CHECK(holds("{that: rate of error, from: 100, to: 300, is: between -0.0201 and -0.0199}", trace(exponential)));
  CHECK_FALSE(holds("{that: rate of error, is: between -0.0201 and -0.0199}", trace(exponential)));
  CHECK(holds("{that: rate of error over passes, from: 100, is: between -0.0101 and -0.0099}", trace(exponential)));
  CHECK(holds("{that: exponent of error over iteration, is: between -1.51 and -1.49}", trace(power)));
  CHECK_FALSE(holds("{that: exponent of error over iteration, is: < -1.6}", trace(power)));
  CHECK_FALSE(holds("{that: rate of error, from: 900, is: < 100}", trace(power)));
  CHECK(measured("{that: rate of error, from: 290, is: < 100}", trace(power)) == "no fit: only 2 points recorded");
}

TEST_CASE("a claim about ends is true of runs that end so") {
  Runs runs;
  for (const EndClass end : {EndClass::limit, EndClass::diverged, EndClass::converged}) {
    runs.add({{"method", to_string(end)}}, trace({1, 2}), end == EndClass::diverged);
    runs.subjects.back().end = end;
  }
  CHECK(runs("{that: end, where: {method: diverged}, is: diverged}").holds);
  CHECK_FALSE(runs("{that: end, where: {method: limit}, is: diverged}").holds);
  const Verdict all = runs("{that: end, is: limit or diverged}");
  CHECK_FALSE(all.holds);
  CHECK(all.measured == "converged (method converged)");
  CHECK(runs("{that: end, where: {method: [limit, diverged]}, is: limit or diverged}").holds);
  CHECK(runs("{that: end, of: some run, is: stalled or converged}").holds);
  CHECK_FALSE(runs("{that: end, of: some run, is: stalled}").holds);
}

TEST_CASE("monotone in a label: medians in the order of its numbers") {
  Runs runs;
  for (const char* kappa : {"100", "1", "10"})
    for (int r = 0; r < 3; ++r)
      runs.add({{"kappa", kappa}, {"repetition", std::to_string(r)}},
               trace({std::sqrt(std::stod(kappa)) + (r == 2 ? 50 : r)}));
  CHECK(runs("{that: final error, is: increasing, in: kappa}").holds);
  CHECK(runs("{that: final error, is: non-decreasing, in: kappa}").holds);
  CHECK_FALSE(runs("{that: final error, is: decreasing, in: kappa}").holds);
  CHECK(runs("{that: final error, is: decreasing, in: kappa}").measured == "2 at 1, 4.162 at 10, 11 at 100");
  Runs flat;
  for (const char* kappa : {"1", "2"}) flat.add({{"kappa", kappa}}, trace({1}));
  CHECK_FALSE(flat("{that: final error, is: increasing, in: kappa}").holds);
  CHECK(flat("{that: final error, is: non-decreasing, in: kappa}").holds);
  CHECK(flat("{that: final error, is: non-increasing, in: kappa}").holds);

  const auto slower = [](std::size_t at_10) {
    Runs late;
    late.add({{"kappa", "1"}}, arriving(2, 8));
    late.add({{"kappa", "10"}}, arriving(at_10, 8));
    late.add({{"kappa", "100"}}, arriving(99, 8));
    return late("{that: iterations to error < 0.1, is: increasing, in: kappa}").holds;
  };
  CHECK(slower(5));         // 20, 50, more than 70
  CHECK_FALSE(slower(99));  // 20, more than 70, more than 70
}

TEST_CASE("equal across a label, up to a share of the smallest") {
  Runs runs;
  runs.add({{"kappa", "1"}, {"method", "a"}}, trace({100}));
  runs.add({{"kappa", "10"}, {"method", "a"}}, trace({109}));
  runs.add({{"kappa", "1"}, {"method", "b"}}, trace({100}));
  runs.add({{"kappa", "10"}, {"method", "b"}}, trace({150}));
  CHECK(runs("{that: final error, where: {method: a}, is: equal, across: kappa, up to: 10 %}").holds);
  CHECK(runs("{that: final error, where: {method: a}, is: equal, across: kappa, up to: 10 %}").measured ==
        "9 %: 100 at 1, 109 at 10");
  CHECK_FALSE(runs("{that: final error, where: {method: a}, is: equal, across: kappa, up to: 8 %}").holds);
  const Verdict both = runs("{that: final error, is: equal, across: kappa, up to: 10 %}");
  CHECK_FALSE(both.holds);
  CHECK(both.measured == "50 %: 100 at 1, 150 at 10 (method b)");
  CHECK(runs("{that: final error, where: {kappa: 1}, is: equal, across: method, up to: 0 %}").holds);

  Runs late;  // nobody arrives: that they are equal in this is no news
  for (const char* kappa : {"1", "10"}) late.add({{"kappa", kappa}}, arriving(99, 5));
  CHECK_FALSE(late("{that: iterations to error < 0.1, is: equal, across: kappa, up to: 10 %}").holds);
  Runs single;
  single.add({{"kappa", "1"}}, trace({1}));
  CHECK_FALSE(single("{that: final error, is: equal, across: kappa, up to: 10 %}").holds);
  CHECK_FALSE(single("{that: final error, is: increasing, in: kappa}").holds);
}
