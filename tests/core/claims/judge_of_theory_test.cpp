// Claims that theory makes: slopes over a label and whether they are constant, values where another column is smallest,
// deviations of one column from another. Each against known answers, and against what must not change them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <limits>

#include "core/claims/judging/judge.hpp"
#include "core/numbers/streams.hpp"
#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

namespace {

const Real undefined = std::nan("");

Claim claim(const std::string& text) {
  std::vector<Diagnostic> diagnostics;
  Claim result = read_claim(parse_yaml(text, "c.yaml"), diagnostics);
  REQUIRE_MESSAGE(diagnostics.empty(), (diagnostics.empty() ? "" : diagnostics[0].text()));
  return result;
}

Verdict verdict(const std::string& text, const Trace& of) { return judge({claim(text)}, {{{}, &of}}).front(); }

/// Rows at iterations 0, 1, 2, …, with columns a, b, …; a tenth of a second each.
Trace trace(const std::vector<std::vector<Real>>& columns) {
  Trace result;
  result.columns.emplace_back().name = "iteration";
  for (std::size_t c = 0; c < columns.size(); ++c)
    result.columns.emplace_back().name = std::string(1, static_cast<char>('a' + c));
  for (std::size_t i = 0; i < columns.front().size(); ++i) {
    result.rows.push_back({static_cast<Real>(i)});
    for (const auto& column : columns) result.rows.back().push_back(column[i]);
    result.seconds.push_back(static_cast<Real>(i) / 10);
  }
  return result;
}

/// The value of a quantity of a run; NaN if there is none.
Real value(const std::string& quantity, const Trace& of, std::optional<Real> from = {}, std::optional<Real> to = {}) {
  auto read = read_quantity(Node::make_scalar(quantity, {}));
  REQUIRE_MESSAGE(read, quantity);
  read->from = from;
  read->to = to;
  const Measured found = measure(*read, of);
  return found.is_number() ? found.low : undefined;
}

/// Runs with one number each, at values of the label `scale`; traces live as long as they do.
struct Runs {
  std::deque<Trace> traces;
  std::vector<ClaimSubject> subjects;
  void add(Labels labels, Trace of) {
    traces.push_back(std::move(of));
    subjects.push_back({std::move(labels), &traces.back()});
  }
  Runs(const std::vector<Real>& scales, const std::vector<Real>& values, const std::string& name = "scale") {
    for (std::size_t i = 0; i < scales.size(); ++i) add({{name, shortest(scales[i])}}, trace({{values[i]}}));
  }
  Verdict operator()(const std::string& text) const { return judge({claim(text)}, subjects).front(); }
  LineFit fit(const std::string& that) const {
    const LineFit line = fit_of(claim("{that: " + that + ", is: < 1}"), subjects).line;
    REQUIRE_MESSAGE(line.trouble.empty(), line.trouble);
    return line;
  }
};

const std::string per_decade = "slope of final a over log10 scale", plain = "slope of final a over scale";

std::vector<Real> map(std::vector<Real> values, const std::function<Real(Real)>& f) {
  for (Real& each : values) each = f(each);
  return values;
}

/// Labels between 1e-6 and 1e2, in no order, and a line over their logarithms.
struct Line {
  Real slope, intercept;
  std::vector<Real> scales, values;
  explicit Line(std::uint64_t seed, bool of_logarithms = true) {
    const Stream stream(seed, "slopes");
    slope = 50 * stream.normal(0);
    intercept = 100 * stream.normal(1);
    const Index count = 2 + stream.word(2) % 9;
    for (Index i = 0; i < count; ++i) {
      scales.push_back(std::pow(10, -6 + 8 * stream.uniform(3 + i)));
      values.push_back(intercept + slope * (of_logarithms ? std::log10(scales.back()) : scales.back()));
    }
  }
};

doctest::Approx about(Real expected, Real beside = 0) {
  return doctest::Approx(expected).epsilon(1e-9).scale(std::max(std::abs(expected), std::abs(beside)));
}

}  // namespace

TEST_CASE("the slope of a line is found, in sign and base, over a label or its decimal logarithm") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Line logarithmic(seed), linear(seed, false);
    const Runs decades(logarithmic.scales, logarithmic.values), units(linear.scales, linear.values);
    CHECK(decades.fit(per_decade).slope == about(logarithmic.slope, logarithmic.intercept));
    CHECK(decades.fit(per_decade).intercept == about(logarithmic.intercept, logarithmic.slope));
    CHECK(units.fit(plain).slope == about(linear.slope, linear.intercept));
    const CurveFit curve = fit_of(claim("{that: " + per_decade + ", is: < 1}"), decades.subjects);
    for (std::size_t i = 0; i < logarithmic.scales.size(); ++i)
      CHECK(curve.at(logarithmic.scales[i]) == about(logarithmic.values[i], 8 * logarithmic.slope));
  }
  // By hand: 20 iterations fewer for each decade that the start is larger.
  const Runs hand({1e-4, 1e-3, 1e-2, 1e-1}, {100, 80, 60, 40});
  CHECK(hand("{that: " + per_decade + ", is: between -20.001 and -19.999}").holds);
  CHECK_FALSE(hand("{that: " + per_decade + ", is: between 19.999 and 20.001}").holds);
  CHECK(hand("{that: " + per_decade + ", is: < -20.1}").measured == "-20 (95 % interval -20 to -20, 4 points)");
}

TEST_CASE("a slope per decade changes with its quantity and not with the unit of the label") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Line line(seed);
    const Stream stream(seed, "noise");
    for (std::size_t i = 0; i < line.values.size(); ++i) line.values[i] += 30 * stream.normal(i);
    const Real slope = Runs(line.scales, line.values).fit(per_decade).slope;
    const Real factor = std::exp(3 * stream.normal(100)), shift = 1000 * stream.normal(101);
    const auto after = [&](const std::function<Real(Real)>& of_scale, const std::function<Real(Real)>& of_value) {
      return Runs(map(line.scales, of_scale), map(line.values, of_value)).fit(per_decade).slope;
    };
    const auto same = [](Real x) { return x; };
    CHECK(after([&](Real x) { return factor * x; }, same) == about(slope, line.intercept));
    CHECK(after([](Real x) { return x * x; }, same) == about(slope / 2, line.intercept));
    CHECK(after([](Real x) { return 1 / x; }, same) == about(-slope, line.intercept));
    CHECK(after(same, [&](Real y) { return factor * y; }) == about(factor * slope, factor * line.intercept));
    CHECK(after(same, [&](Real y) { return y + shift; }) == about(slope, shift));
    CHECK(after(same, [](Real y) { return -y; }) == about(-slope, line.intercept));
    // Over the label itself the unit counts.
    const Real linear = Runs(line.scales, line.values).fit(plain).slope;
    CHECK(Runs(map(line.scales, [&](Real x) { return factor * x; }), line.values).fit(plain).slope ==
          about(linear / factor, line.intercept / factor));
    // Names and order mean nothing.
    Runs renamed(line.scales, line.values, "alpha");
    std::reverse(renamed.subjects.begin(), renamed.subjects.end());
    CHECK(renamed.fit("slope of final a over log10 alpha").slope == about(slope, line.intercept));
  }
}

TEST_CASE("a slope over a label is of all repetitions, in each setting, as other fits are") {
  Runs runs({}, {});
  for (const auto& [kappa, slope] : {std::pair{"1", -20.0}, std::pair{"10", -30.0}})
    for (const Real decade : {-3, -2, -1})
      for (const Real off : {-4, 0, 4})
        runs.add({{"kappa", kappa}, {"scale", shortest(std::pow(10, decade))}, {"repetition", shortest(off)}},
                 trace({{slope * decade + off}}));
  CHECK(runs("{that: " + per_decade + ", where: {kappa: 1}, is: between -20.01 and -19.99}").holds);
  const Verdict both = runs("{that: " + per_decade + ", is: '> -25'}");
  CHECK_FALSE(both.holds);
  CHECK(both.measured.starts_with("-30 (95 % interval"));
  CHECK(both.measured.ends_with(", 9 points) (kappa 10)"));
  CHECK(runs("{that: " + per_decade + ", is: constant, up to: 0.001 %}").holds);
}

TEST_CASE("there is no slope where a run has not arrived, or a label has no logarithm") {
  const std::string reach = "slope of iterations to a < 0.1 over log10 scale";
  Runs late({}, {});
  late.add({{"scale", "1"}}, trace({{1, 0.01, 0.01}}));
  late.add({{"scale", "10"}}, trace({{1, 1, 0.01}}));
  CHECK(late("{that: " + reach + ", is: '> 0'}").measured == "1 (2 points)");
  late.add({{"scale", "100"}}, trace({{1, 1, 1}}));
  for (const char* is : {"'> -1e9'", "constant, up to: 1000 %"}) {
    const Verdict missing = late("{that: " + reach + ", is: " + is + "}");
    CHECK_FALSE(missing.holds);
    CHECK(missing.measured == "no fit: more than 2 at scale 100");
  }
  const Runs zero({0, 1, 10}, {1, 2, 3});
  CHECK(zero("{that: " + per_decade + ", is: '> 0'}").measured == "no fit: 0 has no logarithm");
  CHECK(zero("{that: " + plain + ", is: '> 0'}").holds);
  const Runs negative({1, 2}, {-3, -5});  // values need no logarithm
  CHECK(negative("{that: " + plain + ", is: between -2 and -2}").holds);
}

TEST_CASE("constant: from each value of the label to the next the slope is the fitted one, up to a share of it") {
  const Runs straight({1e-4, 1e-3, 1e-1}, {100, 80, 40});
  CHECK(straight("{that: " + per_decade + ", is: constant, up to: 1e-6 %}").holds);
  CHECK_FALSE(straight("{that: " + plain + ", is: constant, up to: 50 %}").holds);
  const Runs bent({1e-3, 1e-2, 1e-1}, {100, 78, 60});  // -22, -18, and -20 by least squares
  CHECK(bent("{that: " + per_decade + ", is: constant, up to: 10.1 %}").holds);
  CHECK_FALSE(bent("{that: " + per_decade + ", is: constant, up to: 9.9 %}").holds);
  CHECK(bent("{that: " + per_decade + ", is: constant, up to: 5 %}")
            .measured.starts_with("10 %: -22 from 0.001 to 0.01, -18 from 0.01 to 0.1, fitted -20 (95 % interval "));
  const Runs turning({1, 10, 100}, {0, 10, 0});
  CHECK_FALSE(turning("{that: " + per_decade + ", is: constant, up to: 1000 %}").holds);
  CHECK(Runs({1, 10, 100}, {7, 7, 7})("{that: " + per_decade + ", is: constant, up to: 0 %}").holds);
  // Two values of the label make no two steps.
  CHECK(Runs({1, 10}, {1, 2})("{that: " + per_decade + ", is: constant, up to: 50 %}").measured == "no such run");
  // The same number, written in two ways, is one place.
  Runs twice({1, 10, 100}, {1, 1.75, 3});
  twice.add({{"scale", "1e1"}}, trace({{2.25}}));
  CHECK(twice("{that: " + per_decade + ", is: constant, up to: 1e-6 %}").holds);
  // A power law has one exponent everywhere, an exponential one rate.
  const std::vector<Real> at = {1, 2, 5, 40};
  const auto power = [](Real x) { return 3 * std::pow(x, -1.5); };
  const auto exponential = [](Real x) { return 3 * std::exp(-0.1 * x); };
  CHECK(Runs(at, map(at, power))("{that: exponent of final a over scale, is: constant, up to: 1e-6 %}").holds);
  CHECK(Runs(at, map(at, exponential))("{that: rate of final a over scale, is: constant, up to: 1e-6 %}").holds);
  CHECK_FALSE(
      Runs(at, map(at, exponential))("{that: exponent of final a over scale, is: constant, up to: 50 %}").holds);
  CHECK_FALSE(Runs(at, map(at, power))("{that: rate of final a over scale, is: constant, up to: 50 %}").holds);
}

TEST_CASE("how constant a slope is does not depend on units, signs or names") {
  const auto share = [](const Runs& runs, const std::string& that) {
    const std::string told = runs("{that: " + that + ", is: constant, up to: 1 %}").measured;
    return std::stod(told.substr(0, told.find(" %")));
  };
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Stream stream(seed, "bent");
    std::vector<Real> scales, values;
    for (Index i = 0; i < 5; ++i) {
      scales.push_back(std::pow(10, -static_cast<Real>(i) - 0.5 * stream.uniform(i)));
      values.push_back(20 * static_cast<Real>(i) + 3 * stream.normal(10 + i));
    }
    const Real expected = share(Runs(scales, values), per_decade);
    CHECK(expected > 0.01);
    const auto is_same = [&](const Runs& runs, const std::string& that) {
      CHECK(share(runs, that) == doctest::Approx(expected).epsilon(2e-3));  // four digits are told
    };
    is_same(Runs(map(scales, [](Real x) { return 7 * x; }), values), per_decade);
    is_same(Runs(map(scales, [](Real x) { return 1 / x; }), values), per_decade);
    is_same(Runs(scales, map(values, [](Real y) { return -0.3 * y + 11; })), per_decade);
    is_same(Runs(scales, values, "alpha"), "slope of final a over log10 alpha");
    is_same(Runs(map(scales, [](Real x) { return std::log10(x); }), values), plain);
    is_same(Runs(scales, map(values, [](Real y) { return std::exp(y); })), "exponent of final a over scale");
  }
}

TEST_CASE("a value where another column is smallest or largest") {
  const Trace of = trace({{5, 4, 3, 2, 1}, {3, 1, undefined, 0.5, 0.7}});
  CHECK(value("a at smallest b", of) == 2);
  CHECK(value("a at largest b", of) == 5);
  CHECK(value("b at smallest a", of) == 0.7);
  CHECK(value("iteration at smallest b", of) == 3);
  CHECK(value("seconds at smallest b", of) == doctest::Approx(0.3));
  CHECK(value("a at smallest seconds", of) == 5);
  CHECK(value("a at smallest b", of, {}, 2) == 4);
  CHECK(value("a at smallest b", of, 4) == 1);
  CHECK(std::isnan(value("a at smallest b", of, 2, 2)));
  CHECK(value("a at smallest b", trace({{1, 2, 3, 4}, {7, 6, 6, 8}})) == 2);                  // the first of equals
  CHECK(value("a at largest b", trace({{1, 2, 3, 4}, {7, 9, 9, 8}})) == 2);                   // …
  CHECK(value("a at smallest b", trace({{1, undefined, 3, 4}, {7, 0, 6, undefined}})) == 3);  // rows with both
  CHECK(value("a at smallest b", trace({{1, 2}, {std::numeric_limits<Real>::infinity(), 8}})) == 2);
  CHECK(std::isnan(value("a at smallest b", trace({{1, undefined}, {undefined, 2}}))));
  CHECK(std::isnan(value("a at smallest z", of)));
  CHECK(verdict("{that: a at smallest b, is: '> -1e9'}", trace({{1, undefined}, {undefined, 2}})).measured ==
        "not recorded");
  CHECK_FALSE(verdict("{that: a at smallest b, is: '> -1e9'}", trace({{1, undefined}, {undefined, 2}})).holds);
  // Early stopping: the validation error chooses nearly the best iterate.
  const Trace stopped = trace({{1, 0.5, 0.101, 0.1, 0.3}, {2, 1, 0.7, 0.8, 1}});
  CHECK(verdict("{that: a at smallest b, relative to: smallest a, is: <= 1.02}", stopped).holds);
  CHECK_FALSE(verdict("{that: a at smallest b, relative to: smallest a, is: <= 1.005}", stopped).holds);
}

TEST_CASE("where a column is smallest does not depend on how it is measured") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Stream stream(seed, "extremes");
    std::vector<Real> a, b;
    for (Index i = 0; i < 12; ++i) {
      a.push_back(stream.uniform(100 + i) < 0.2 ? undefined : stream.normal(i));
      b.push_back(stream.uniform(200 + i) < 0.2 ? undefined : std::floor(4 * stream.normal(50 + i)));  // with ties
    }
    Real best = undefined, at = std::numeric_limits<Real>::infinity(), smallest = at;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!std::isnan(a[i])) smallest = std::min(smallest, a[i]);
      if (std::isnan(a[i]) || std::isnan(b[i]) || !(b[i] < at)) continue;
      at = b[i];
      best = a[i];
    }
    REQUIRE_FALSE(std::isnan(best));
    CHECK(value("a at smallest b", trace({a, b})) == best);
    CHECK(value("a at smallest b", trace({a, map(b, [](Real y) { return std::exp(y); })})) == best);
    CHECK(value("a at smallest b", trace({a, map(b, [](Real y) { return 3 * y - 40; })})) == best);
    CHECK(value("a at largest b", trace({a, map(b, [](Real y) { return -y; })})) == best);
    CHECK(value("a at smallest b", trace({map(a, [](Real x) { return 2 * x; }), b})) == 2 * best);
    CHECK(value("b at smallest a", trace({b, a})) == best);  // names
    CHECK(value("a at smallest a", trace({a})) == smallest);
    CHECK(value("a at smallest a", trace({a})) == value("smallest a", trace({a})));
  }
}

TEST_CASE("the deviation of a column from its theory, in a window of iterations") {
  //                         0  1    2    3    4     5
  const Trace of = trace({{4, 1.1, 0.9, 2, undefined, 3}, {1, 1, 1, 0, 1, undefined}});
  CHECK(value("initial deviation of a from b", of) == 3);
  CHECK(value("largest deviation of a from b", of) == 3);
  CHECK(value("largest deviation of a from b", of, 1) == doctest::Approx(0.1));
  CHECK(value("smallest deviation of a from b", of) == doctest::Approx(0.1));
  CHECK(value("largest deviation of a from b", of, 2, 2) == doctest::Approx(0.1));
  CHECK(value("deviation of a from b at 2", of) == doctest::Approx(0.1));
  CHECK(std::isnan(value("deviation of a from b at 3", of)));   // b is 0
  CHECK(std::isnan(value("deviation of a from b at 4", of)));   // a is not defined
  CHECK(std::isnan(value("final deviation of a from b", of)));  // nor is b
  CHECK(std::isnan(value("largest deviation of a from b", of, 3)));
  CHECK(std::isnan(value("largest deviation of a from c", of)));
  CHECK(value("iterations to deviation of a from b < 1", of) == 1);
  CHECK(std::isnan(value("iterations to deviation of a from b > 3", of)));
  CHECK(verdict("{that: iterations to deviation of a from b > 3, is: '> 4'}", of).measured == "more than 5");
  CHECK(verdict("{that: largest deviation of a from b, from: 1, to: 4, is: < 0.11}", of).holds);
  CHECK_FALSE(verdict("{that: largest deviation of a from b, from: 0, to: 4, is: < 0.11}", of).holds);
  CHECK_FALSE(verdict("{that: largest deviation of a from b, from: 3, is: < 1e9}", of).holds);
  CHECK(verdict("{that: largest deviation of a from b, from: 3, is: < 1e9}", of).measured == "not recorded");
  CHECK(value("largest deviation of seconds from a", trace({{1, 1}})) == 1);
  CHECK(value("smallest deviation of a from b", trace({{1, 2}, {std::numeric_limits<Real>::infinity(), 2}})) == 0);
  CHECK(value("deviation of a from b at smallest c", trace({{1, 3, 6}, {1, 2, 3}, {2, 1, 3}})) == 0.5);
  // From 1e-6, ten times as much every iteration.
  std::vector<Real> theory(6, 2), grows;
  for (int i = 0; i < 6; ++i) grows.push_back(2 + 2 * std::pow(10, i - 6));
  CHECK(value("rate of deviation of a from b", trace({grows, theory})) == doctest::Approx(std::log(10)));
}

TEST_CASE("a deviation is relative to the theory: units mean nothing, and which of the two is theory does") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Stream stream(seed, "deviations");
    std::vector<Real> a, b, shares;
    for (Index i = 0; i < 10; ++i) {
      b.push_back(std::exp(2 * stream.normal(i)) * (stream.uniform(20 + i) < 0.5 ? -1 : 1));
      shares.push_back(0.3 * stream.normal(40 + i));
      a.push_back(b.back() * (1 + shares.back()));
    }
    const Real largest = std::abs(
        *std::max_element(shares.begin(), shares.end(), [](Real x, Real y) { return std::abs(x) < std::abs(y); }));
    const std::string quantity = "largest deviation of a from b";
    CHECK(value(quantity, trace({a, b})) == doctest::Approx(largest).epsilon(1e-9));
    const auto scaled = [](Real x) { return -1e5 * x; };
    CHECK(value(quantity, trace({map(a, scaled), map(b, scaled)})) == doctest::Approx(largest).epsilon(1e-9));
    CHECK(value("largest deviation of b from a", trace({b, a})) == value(quantity, trace({a, b})));
    CHECK(value("largest deviation of b from a", trace({a, b})) != doctest::Approx(largest).epsilon(1e-6));
    CHECK(value(quantity, trace({a, a})) == 0);
    CHECK(value(quantity, trace({a, b}), 2, 7) <= value(quantity, trace({a, b})));
    CHECK(value(quantity, trace({map(b, [](Real x) { return 1.05 * x; }), b})) == doctest::Approx(0.05));
    CHECK(value(quantity, trace({map(b, [](Real x) { return 0.95 * x; }), b})) == doctest::Approx(0.05));
  }
}

TEST_CASE("smallest and largest are sought in a window, too") {
  const Trace of = trace({{5, 1, 3, 2, 9}});
  CHECK(value("smallest a", of, 2) == 2);
  CHECK(value("largest a", of, 1, 3) == 3);
  CHECK(verdict("{that: largest a, from: 1, to: 3, is: < 4}", of).holds);
  CHECK_FALSE(verdict("{that: largest a, from: 1, is: < 4}", of).holds);
  CHECK(verdict("{that: smallest a, from: 5, is: < 4}", of).measured == "not recorded");
  // The window is of `that` alone.
  CHECK(verdict("{that: largest a, from: 1, to: 3, relative to: largest a, is: between 0.33 and 0.34}", of).holds);
}
