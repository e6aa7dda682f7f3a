// What a study found: small studies whose numbers can be checked by hand, and what must not matter.
#include "core/study/findings/summary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace tightrope;

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

/// Rows at iterations 0, 10, 20, …; two passes an iteration and one at the start, a hundredth of a second each.
StoredCell run(Labels labels, const std::vector<Real>& errors, EndClass end = EndClass::limit) {
  StoredCell cell;
  cell.labels = std::move(labels);
  cell.end.end_class = end;
  cell.trace.columns = {{"iteration", "", 0, false}, {"passes", "", 0, false}, {"error", "", 10, true}};
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const Real iteration = 10 * static_cast<Real>(i);
    cell.trace.rows.push_back({iteration, 2 * iteration + 1, errors[i]});
    cell.trace.seconds.push_back(iteration / 100);
  }
  return cell;
}

/// Falls from 1 to `last` at row `arrival` of five; with `arrival` 5 never.
StoredCell arriving(Labels labels, std::size_t arrival, Real last = 0.01) {
  std::vector<Real> errors(5, 1);
  for (std::size_t i = arrival; i < 5; ++i) errors[i] = last;
  return run(std::move(labels), errors, arrival < 5 ? EndClass::converged : EndClass::limit);
}

StoredRun study(std::vector<StudyAxis> axes, std::vector<StoredCell> cells, std::vector<Missing> missing = {}) {
  StoredRun result;
  result.name = "study";
  result.is_study = true;
  result.axes = std::move(axes);
  result.cells = std::move(cells);
  result.missing = std::move(missing);
  result.success = SuccessCriterion{"error", {Condition::Relation::below, 0.1, 0}, {}};
  return result;
}

StudyAxis axis(const std::string& label, std::vector<std::string> values) {
  StudyAxis result;
  result.label = label;
  result.path = label == "method" || label == "repetition" ? label : "problem." + label;
  result.values = std::move(values);
  return result;
}

Missing failed(Labels labels) { return {Missing::Kind::failed, std::move(labels), "", "it crashed"}; }

const Setting& setting(const Summary& summary, const Labels& labels) {
  const auto found = std::find_if(summary.settings.begin(), summary.settings.end(),
                                  [&](const Setting& s) { return s.labels == labels; });
  REQUIRE(found != summary.settings.end());
  return *found;
}

/// Every number of a setting, in a fixed order.
std::vector<Real> numbers(const Setting& setting) {
  std::vector<Real> all = {static_cast<Real>(setting.runs)};
  const auto add = [&](std::initializer_list<Real> values) { all.insert(all.end(), values); };
  for (const auto& [end, count] : setting.ends) add({static_cast<Real>(end), static_cast<Real>(count)});
  for (const FinalValues& f : setting.finals)
    add({static_cast<Real>(f.count), f.median.value, f.median.interval.low, f.median.interval.high});
  if (setting.success)
    add({static_cast<Real>(setting.success->reached), static_cast<Real>(setting.success->count),
         setting.success->share.low, setting.success->share.high});
  for (const auto& [clock, arrival] : setting.arrivals)
    add({static_cast<Real>(arrival.times.reached), arrival.times.median.value_or(-1), arrival.times.more_than,
         arrival.interval.low, arrival.interval.high});
  return all;
}

/// Two methods over two condition numbers, four repetitions; method `b` is slower, and sometimes late.
StoredRun two_methods() {
  std::vector<StoredCell> cells;
  const std::vector<std::string> repetitions = {"1", "2", "3", "4"};
  for (const char* method : {"a", "b"})
    for (const char* condition : {"1", "10"})
      for (std::size_t r = 0; r < 4; ++r)
        cells.push_back(arriving({{"method", method}, {"condition", condition}, {"repetition", repetitions[r]}},
                                 method[0] == 'a' ? 1 + r / 2 : 2 + r, 0.01 * static_cast<Real>(r + 1)));
  return study({axis("method", {"a", "b"}), axis("condition", {"1", "10"}), axis("repetition", repetitions)},
               std::move(cells));
}

}  // namespace

TEST_CASE("a setting is summed up over its repetitions, with the runs that never arrive censored") {
  const StoredRun stored = study({axis("repetition", {"1", "2", "3"})},
                                 {arriving({{"repetition", "1"}}, 1, 0.03), arriving({{"repetition", "2"}}, 3, 0.01),
                                  arriving({{"repetition", "3"}}, 5)});
  const Summary summary = summarize(stored);
  REQUIRE(summary.settings.size() == 1);
  const Setting& only = summary.settings.front();
  CHECK(only.labels.empty());
  CHECK(only.cells == std::vector<std::size_t>{0, 1, 2});
  CHECK(only.runs == 3);
  CHECK(only.ends == std::map<EndClass, Index>{{EndClass::converged, 2}, {EndClass::limit, 1}});
  REQUIRE(only.find("error"));
  CHECK(only.find("error")->median.value == 0.03);
  CHECK(only.find("error")->median.interval.low == 0.01);
  CHECK(only.find("error")->median.interval.high == 1);
  REQUIRE(only.success);
  CHECK(only.success->reached == 2);
  CHECK(only.success->count == 3);
  const Interval wilson = wilson_interval(2, 3);
  CHECK(only.success->share.low == wilson.low);
  CHECK(only.success->share.high == wilson.high);
  // Two of three arrive: at 10, where 2/3 still wait, and at 30, where 1/3 do.
  CHECK(only.arrivals.at("iterations").times.median == 30);
  CHECK(only.arrivals.at("passes").times.median == 61);
  CHECK(only.arrivals.at("seconds").times.median == doctest::Approx(0.3));
  CHECK(only.arrivals.at("iterations").times.reached == 2);
  CHECK(only.arrivals.at("iterations").interval.low == 10);
  CHECK(only.arrivals.at("iterations").interval.high == infinity);
  CHECK(summary.methods.empty());
  CHECK(summary.comparisons.empty());
  CHECK(summary.profiles.empty());
}

TEST_CASE("a run that diverged or failed counts as infinitely bad and is never dropped") {
  StoredCell exploded = run({{"repetition", "2"}}, {1, 50, std::nan("")}, EndClass::diverged);
  const StoredRun stored = study({axis("repetition", {"1", "2", "3"})}, {arriving({{"repetition", "1"}}, 1), exploded},
                                 {failed({{"repetition", "3"}})});
  const Setting only = summarize(stored).settings.front();
  CHECK(only.runs == 3);
  CHECK(only.missing == std::vector<std::size_t>{0});
  CHECK(only.ends ==
        std::map<EndClass, Index>{{EndClass::converged, 1}, {EndClass::diverged, 1}, {EndClass::failed, 1}});
  CHECK(only.find("error")->count == 3);
  CHECK(only.find("error")->median.value == infinity);
  CHECK(only.find("error")->median.interval.low == 0.01);
  CHECK(only.success->reached == 1);
  CHECK(only.success->count == 3);
  CHECK(only.arrivals.at("passes").times.count == 3);
  CHECK_FALSE(only.arrivals.at("passes").times.median);
  for (const Real number : numbers(only)) CHECK_FALSE(std::isnan(number));
}

TEST_CASE("a diverged run that had succeeded before has arrived") {
  const StoredRun stored =
      study({axis("repetition", {"1"})}, {run({{"repetition", "1"}}, {1, 0.05, 9}, EndClass::diverged)});
  const Setting only = summarize(stored).settings.front();
  CHECK(only.success->reached == 1);
  CHECK(only.arrivals.at("iterations").times.median == 10);
  CHECK(only.find("error")->median.value == infinity);
}

TEST_CASE("a setting of which all runs failed, or none has run yet, is there all the same") {
  const StoredRun stored =
      study({axis("condition", {"1", "2", "3"})}, {arriving({{"condition", "1"}}, 1)},
            {failed({{"condition", "2"}}), {Missing::Kind::skipped, {{"condition", "3"}}, "", "it makes no sense"}});
  const Summary summary = summarize(stored);
  REQUIRE(summary.settings.size() == 3);
  CHECK(summary.settings[1].runs == 1);
  CHECK(summary.settings[1].find("error")->median.value == infinity);
  CHECK(summary.settings[1].success->count == 1);
  CHECK(summary.settings[2].runs == 0);
  CHECK(summary.settings[2].ends.empty());
  CHECK(summary.settings[2].missing == std::vector<std::size_t>{1});
  CHECK_FALSE(summary.settings[2].success);
}

TEST_CASE("settings stand in the order of the axes, whatever the order of the runs") {
  StoredRun stored = two_methods();
  std::reverse(stored.cells.begin(), stored.cells.end());
  const Summary summary = summarize(stored);
  REQUIRE(summary.settings.size() == 4);
  CHECK(summary.settings[0].labels == Labels{{"method", "a"}, {"condition", "1"}});
  CHECK(summary.settings[1].labels == Labels{{"method", "a"}, {"condition", "10"}});
  CHECK(summary.settings[2].labels == Labels{{"method", "b"}, {"condition", "1"}});
  CHECK(summary.setting_axes() == std::vector<std::string>{"method", "condition"});
  CHECK(summary.methods[0].name == "a");
  CHECK(summary.methods[1].name == "b");
}

TEST_CASE("methods are compared over the pairs that differ in the method alone") {
  const Summary summary = summarize(two_methods());
  REQUIRE(summary.comparisons.size() == 1);
  const Comparison& c = summary.comparisons.front();
  // Arrivals, for each condition: a at 10, 10, 20, 20; b at 20, 30, 40, never (watched until 40).
  CHECK(c.pairs == 8);
  CHECK(c.repetitions == 4);
  CHECK(c.both == 6);
  CHECK(c.first_only == 2);
  CHECK(c.second_only == 0);
  CHECK(c.neither == 0);
  CHECK(c.for_first == 1);  // the repetition in which b never arrives, at both conditions
  CHECK(c.for_second == 0);
  CHECK(c.p_success == 1);  // one coin
  const PairedRatio& iterations = c.times.at("iterations");
  CHECK(iterations.decided == 8);
  CHECK(iterations.ratios ==
        std::vector<Real>{0, 1.0 / 3, 0.5, 0.5});  // a repetition each, the same at both conditions
  CHECK(*iterations.median == doctest::Approx(std::sqrt(1.0 / 3 * 1.0 / 2)));
  CHECK(iterations.p == 2.0 / 16);  // all four favour a
  CHECK(iterations.p_holm == iterations.p);
  CHECK(iterations.is_exact);
  CHECK(*c.times.at("passes").median == doctest::Approx(std::sqrt(21.0 / 61 * 41.0 / 81)));
  REQUIRE(c.final_values);
  CHECK(c.final_values->decided == 8);
}

TEST_CASE("settings do not make a sample larger: a repetition gives one number, the median over its settings") {
  std::vector<StoredCell> cells;
  StudyAxis levels = axis("level", {});
  for (int level = 0; level < 7; ++level) {
    levels.values.push_back(std::to_string(level));
    for (const char* repetition : {"1", "2", "3"}) {
      const Labels labels = {{"level", levels.values.back()}, {"repetition", repetition}};
      Labels a = labels, b = labels;
      a["method"] = "a";
      b["method"] = "b";
      cells.push_back(arriving(a, 1));                                             // 10
      cells.push_back(arriving(b, level < 3 ? 1 : repetition[0] == '3' ? 4 : 2));  // 10 at three levels, then 20 or 40
    }
  }
  const Summary summary =
      summarize(study({axis("method", {"a", "b"}), levels, axis("repetition", {"1", "2", "3"})}, cells));
  const Comparison& c = summary.comparisons.front();
  CHECK(c.pairs == 21);
  CHECK(c.repetitions == 3);
  CHECK(c.times.at("iterations").decided == 21);
  CHECK(c.times.at("iterations").ratios == std::vector<Real>{0.25, 0.5, 0.5});
  CHECK(*c.times.at("iterations").median == 0.5);
  CHECK(c.times.at("iterations").p == 2.0 / 8);
}

TEST_CASE("where a run was given up before the other arrived, nobody is known to be first") {
  StoredCell early = run({{"method", "a"}}, {1, 1, 1});  // watched until 20
  const StoredRun late = study({axis("method", {"a", "b"})}, {early, arriving({{"method", "b"}}, 4)});
  CHECK(summarize(late).comparisons.front().times.at("iterations").decided == 0);
  CHECK_FALSE(summarize(late).comparisons.front().times.at("iterations").median);
  const StoredRun in_time = study({axis("method", {"a", "b"})}, {early, arriving({{"method", "b"}}, 2)});
  CHECK(summarize(in_time).comparisons.front().times.at("iterations").median == infinity);
  early.end.end_class = EndClass::diverged;
  const StoredRun lost = study({axis("method", {"a", "b"})}, {early, arriving({{"method", "b"}}, 4)});
  CHECK(summarize(lost).comparisons.front().times.at("iterations").median == infinity);
}

TEST_CASE("p-values are corrected over all pairs of methods") {
  StoredRun stored = two_methods();
  stored.axes[0].values.emplace_back("c");
  for (std::size_t i = 0; i < 8; ++i) {
    StoredCell third = stored.cells[i];
    third.labels["method"] = "c";
    stored.cells.push_back(third);
  }
  const Summary summary = summarize(stored);
  REQUIRE(summary.comparisons.size() == 3);  // a-b, a-c, b-c
  const auto& ab = summary.comparisons[0].times.at("iterations");
  const auto& ac = summary.comparisons[1].times.at("iterations");
  CHECK(ac.p == 1);
  CHECK(*ac.median == 1);
  CHECK(ab.p_holm == doctest::Approx(3 * ab.p));
  CHECK(ac.p_holm == 1);
  CHECK(*summary.comparisons[0].p_success_holm == 1);
}

TEST_CASE("performance profiles are over the problems that every method ran") {
  StoredRun stored = two_methods();
  const Summary all = summarize(stored);
  CHECK(all.problems == 8);
  const std::vector<Profile>& profiles = all.profiles.at("iterations");
  REQUIRE(profiles.size() == 2);
  CHECK(profiles[0].at(1) == 1);
  CHECK(profiles[1].at(1) == 0);
  CHECK(profiles[1].at(2) == 0.5);   // 20 for 10 and 40 for 20
  CHECK(profiles[1].at(3) == 0.75);  // 30 for 10
  CHECK(profiles[1].at(1e9) == 0.75);
  const Labels gone = stored.cells.back().labels;
  stored.cells.pop_back();
  stored.missing.push_back({Missing::Kind::unfinished, gone, "", ""});
  CHECK(summarize(stored).problems == 7);
  stored.missing.back().kind = Missing::Kind::failed;
  CHECK(summarize(stored).problems == 8);
}

TEST_CASE("the order of the methods and of the repetitions changes no number") {
  StoredRun stored = two_methods();
  const Summary before = summarize(stored);
  std::reverse(stored.axes[0].values.begin(), stored.axes[0].values.end());
  std::reverse(stored.axes[2].values.begin(), stored.axes[2].values.end());
  std::reverse(stored.cells.begin(), stored.cells.end());
  const Summary after = summarize(stored);
  for (const Setting& own : before.settings) CHECK(numbers(own) == numbers(setting(after, own.labels)));
  CHECK(after.methods[0].name == "b");
  const PairedRatio &ab = before.comparisons[0].times.at("iterations"),
                    &ba = after.comparisons[0].times.at("iterations");
  CHECK(ab.p == ba.p);
  CHECK(after.comparisons[0].second_only == before.comparisons[0].first_only);
  CHECK(after.profiles.at("passes")[1].at(2) == before.profiles.at("passes")[0].at(2));
}

namespace {

/// A run that takes `count` iterations, `seconds` each.
StoredCell taking(Labels labels, Real count, Real seconds = 0.25) {
  StoredCell cell = run(std::move(labels), {1, 0.01}, EndClass::converged);
  cell.trace.rows[1][0] = cell.trace.rows[1][1] = count;
  cell.trace.seconds[1] = count * seconds;
  cell.trace.rows[1][2] = 1 / (100 + count);
  return cell;
}

/// p of the first comparison: final values, and the three clocks.
std::vector<Real> p_values(const Comparison& of) {
  std::vector<Real> p = {of.final_values->p, of.final_values->p_holm, *of.p_success};
  for (const auto& [clock, ratio] : of.times) p.insert(p.end(), {ratio.p, ratio.p_holm});
  return p;
}

}  // namespace

TEST_CASE("mirror pairs are ties, in both orders of the methods") {
  const std::vector<Real> a = {54, 54, 60, 30, 27, 15, 25, 33}, b = {60, 60, 54, 27, 30, 27, 41, 52};
  for (const bool is_reversed : {false, true}) {
    std::vector<StoredCell> cells;
    for (std::size_t r = 0; r < a.size(); ++r) {
      const std::string repetition = std::to_string(r + 1);
      cells.push_back(taking({{"method", is_reversed ? "b" : "a"}, {"repetition", repetition}}, a[r]));
      cells.push_back(taking({{"method", is_reversed ? "a" : "b"}, {"repetition", repetition}}, b[r]));
    }
    const Comparison c = summarize(study({axis("method", {"a", "b"})}, cells)).comparisons.front();
    // Five pairs 10 : 9 with the rank 3; of 2^8 signs 17 give a rank sum of at most 6.
    CHECK(c.times.at("iterations").p == 34.0 / 256);
    CHECK(c.times.at("seconds").p == 34.0 / 256);
  }
}

TEST_CASE("no p changes with the order of the methods, with names, or with the unit of time") {
  for (std::uint64_t trial = 0; trial < 30; ++trial) {
    const Stream stream(trial, "invariance");
    std::vector<Real> uniform(3 * 4 * 6);
    stream.fill_uniform(0, uniform);
    const auto made = [&](const std::vector<std::string>& methods, const std::vector<std::string>& levels,
                          const std::vector<std::string>& repetitions, Real unit) {
      std::vector<StoredCell> cells;
      for (std::size_t m = 0; m < 3; ++m)
        for (std::size_t l = 0; l < 4; ++l)
          for (std::size_t r = 0; r < 6; ++r) {
            const Labels labels = {{"method", methods[m]}, {"level", levels[l]}, {"repetition", repetitions[r]}};
            // Small counts, so that there are ties and mirror pairs; some runs never arrive.
            const Real draw = uniform[(m * 4 + l) * 6 + r];
            cells.push_back(draw > 0.9 ? run(labels, {1, 1, 1}) : taking(labels, std::floor(2 + 12 * draw), unit));
          }
      return cells;
    };
    const std::vector<std::string> names = {"a", "b", "c"}, levels = {"1", "2", "3", "4"},
                                   repetitions = {"1", "2", "3", "4", "5", "6"};
    const auto axes = [&](std::vector<std::string> methods) {
      return std::vector{axis("method", std::move(methods))};  // the others from the labels
    };
    const Summary before = summarize(study(axes(names), made(names, levels, repetitions, 0.25)));
    REQUIRE(before.comparisons.size() == 3);
    const Summary turned = summarize(study(axes({"c", "b", "a"}), made(names, levels, repetitions, 0.25)));
    const Summary renamed = summarize(study(
        axes({"z", "y", "x"}), made({"z", "y", "x"}, {"d", "0", "c", "b"}, {"9", "4", "8", "5", "7", "6"}, 0.25)));
    const Summary scaled = summarize(study(axes(names), made(names, levels, repetitions, 0x1p20)));
    for (std::size_t i = 0; i < 3; ++i) {
      const auto &own = before.comparisons[i], &mirrored = turned.comparisons[2 - i];
      CHECK(p_values(own) == p_values(mirrored));
      CHECK(p_values(own) == p_values(renamed.comparisons[i]));
      CHECK(p_values(own) == p_values(scaled.comparisons[i]));
      for (const auto& [clock, ratio] : own.times) {
        CHECK(ratio.ratios == renamed.comparisons[i].times.at(clock).ratios);
        CHECK(ratio.ratios == scaled.comparisons[i].times.at(clock).ratios);
        CHECK(*ratio.median == doctest::Approx(1 / *mirrored.times.at(clock).median).epsilon(1e-14));
      }
    }
    for (const Setting& own : before.settings) {
      CHECK(numbers(own) == numbers(setting(turned, own.labels)));
      Labels other = own.labels;
      other["method"] = other["method"] == "a" ? "z" : other["method"] == "b" ? "y" : "x";
      other["level"] = other["level"] == "1" ? "d" : other["level"] == "2" ? "0" : other["level"] == "3" ? "c" : "b";
      CHECK(numbers(own) == numbers(setting(renamed, other)));
    }
  }
}

TEST_CASE("an axis that changes nothing gives no evidence: two equal methods are told apart at the nominal rate") {
  // Methods differ in the draw of the start alone; five repetitions, twenty values of an axis without effect.
  int found = 0, below_least = 0;
  constexpr int studies = 200;
  constexpr Real least = 2.0 / 32;  // all five favour one method
  std::vector<std::string> levels;
  for (int level = 0; level < 20; ++level) levels.push_back(std::to_string(level));
  for (std::uint64_t seed = 0; seed < studies; ++seed) {
    std::vector<Real> draw(10);
    Stream(seed, "null study").fill_uniform(0, draw);
    std::vector<StoredCell> cells;
    for (std::size_t m = 0; m < 2; ++m)
      for (std::size_t r = 0; r < 5; ++r)
        for (const std::string& level : levels)
          cells.push_back(
              taking({{"method", m == 0 ? "a" : "b"}, {"level", level}, {"repetition", std::to_string(r + 1)}},
                     100 + std::floor(1000 * draw[5 * m + r])));
    const Comparison c =
        summarize(study({axis("method", {"a", "b"}), axis("level", levels)}, cells)).comparisons.front();
    CHECK(c.pairs == 100);
    CHECK(c.repetitions == 5);
    const Real p = c.times.at("iterations").p;
    if (p < least) ++below_least;
    if (p <= least) ++found;
  }
  CHECK(below_least == 0);
  // 200 coins of 1/16: 12.5, four standard deviations of 3.4.
  CHECK(found > 0);
  CHECK(found < 26);
}

TEST_CASE("settings are taken together where that is asked for, with intervals from whole repetitions") {
  std::vector<StoredCell> cells;
  for (const char* level : {"low", "high"})
    for (int r = 0; r < 6; ++r)  // the levels are copies of each other
      cells.push_back(taking({{"level", level}, {"repetition", std::to_string(r)}}, 10 * (r + 1)));
  const StoredRun both = study({axis("level", {"low", "high"})}, cells);
  const StoredRun one = study({axis("level", {"low", "high"})}, {cells.begin(), cells.begin() + 6});
  CHECK(summarize(both).settings.size() == 2);
  CHECK(summarize(both).pooled.empty());
  const Summary pooled = summarize(both, {std::nullopt, {}, {"level"}}), alone = summarize(one);
  CHECK(pooled.pooled == std::vector<std::string>{"level"});
  REQUIRE(pooled.settings.size() == 1);
  const Setting &together = pooled.settings.front(), &single = alone.settings.front();
  CHECK(together.labels.empty());
  CHECK(together.runs == 12);
  CHECK(together.repetitions == 6);
  CHECK(together.success->count == 12);
  // Twelve runs say no more than the six.
  CHECK(together.finals[0].median.value == single.finals[0].median.value);
  CHECK(together.finals[0].median.interval.low == single.finals[0].median.interval.low);
  CHECK(together.finals[0].median.interval.high == single.finals[0].median.interval.high);
  const TimeToSuccess &joint = together.arrivals.at("passes"), &own = single.arrivals.at("passes");
  CHECK(*joint.times.median == *own.times.median);
  CHECK(joint.interval.low == own.interval.low);
  CHECK(joint.interval.high == own.interval.high);
  CHECK(together.success->share.low == single.success->share.low);
  CHECK_THROWS_WITH_AS(summarize(two_methods(), {std::nullopt, {}, {"conditon"}}),
                       "study has no axis 'conditon' (did you mean 'condition'?)", Error);
  CHECK_THROWS_WITH_AS(summarize(two_methods(), {std::nullopt, {}, {"method"}}),
                       "'method' tells apart what is compared, so it cannot be pooled", Error);
}

TEST_CASE("another method leaves the numbers of the others as they are") {
  StoredRun stored = two_methods();
  const Summary before = summarize(stored);
  stored.axes[0].values.insert(stored.axes[0].values.begin(), "c");
  for (const std::string& repetition : stored.axes[2].values)
    stored.cells.insert(stored.cells.begin(), run({{"method", "c"}, {"condition", "1"}, {"repetition", repetition}},
                                                  {1, 99}, EndClass::diverged));
  const Summary after = summarize(stored);
  for (const Setting& own : before.settings) CHECK(numbers(own) == numbers(setting(after, own.labels)));
  const auto ab = std::find_if(after.comparisons.begin(), after.comparisons.end(),
                               [](const Comparison& c) { return c.first == 1 && c.second == 2; });
  REQUIRE(ab != after.comparisons.end());
  CHECK(ab->times.at("passes").p == before.comparisons[0].times.at("passes").p);
  CHECK(ab->times.at("passes").median == before.comparisons[0].times.at("passes").median);
  CHECK(ab->p_success == before.comparisons[0].p_success);
}

TEST_CASE("a method's own axes make methods of their own") {
  const StoredRun stored = study(
      {axis("method", {"plain", "heavy"}), axis("beta", {"0.5", "0.9"}), axis("condition", {"1", "10"})},
      {arriving({{"method", "plain"}, {"condition", "1"}}, 2), arriving({{"method", "plain"}, {"condition", "10"}}, 4),
       arriving({{"method", "heavy"}, {"beta", "0.5"}, {"condition", "1"}}, 1),
       arriving({{"method", "heavy"}, {"beta", "0.5"}, {"condition", "10"}}, 2),
       arriving({{"method", "heavy"}, {"beta", "0.9"}, {"condition", "1"}}, 3),
       arriving({{"method", "heavy"}, {"beta", "0.9"}, {"condition", "10"}}, 5)});
  const Summary summary = summarize(stored);
  REQUIRE(summary.methods.size() == 3);
  CHECK(summary.methods[0].name == "plain");
  CHECK(summary.methods[1].name == "heavy, 0.5");
  CHECK(summary.methods[2].name == "heavy, 0.9");
  REQUIRE(summary.comparisons.size() == 3);
  CHECK(summary.comparisons[0].pairs == 2);
  CHECK(*summary.comparisons[0].times.at("iterations").median == 2);
  CHECK(summary.problems == 2);
}

TEST_CASE("any axis can tell methods apart, and an unknown one is refused by its nearest name") {
  const Summary summary = summarize(two_methods(), {"condition", {}});
  CHECK(summary.by == "condition");
  REQUIRE(summary.methods.size() == 2);
  CHECK(summary.methods[1].name == "10");
  CHECK(*summary.comparisons.front().times.at("iterations").median == 1);
  CHECK(summarize(two_methods(), {"problem.condition", {}}).by == "condition");
  CHECK_THROWS_WITH_AS(summarize(two_methods(), {"conditon", {}}),
                       "study has no axis 'conditon' (did you mean 'condition'?)", Error);
  CHECK_THROWS_WITH_AS(summarize(two_methods(), {"repetition", {}}),
                       "study has no axis 'repetition'; its axes are method, condition", Error);
  CHECK_THROWS_WITH_AS(summarize(two_methods(), {std::nullopt, {"eror"}}),
                       "no run of study records the column 'eror' (did you mean 'error'?)", Error);
}

TEST_CASE("without a criterion there are ends and final values alone") {
  StoredRun stored = two_methods();
  stored.success.reset();
  const Summary summary = summarize(stored);
  CHECK_FALSE(summary.settings.front().success);
  CHECK(summary.settings.front().arrivals.empty());
  CHECK(summary.settings.front().find("error"));
  CHECK(summary.profiles.empty());
  CHECK(summary.comparisons.front().times.empty());
  CHECK_FALSE(summary.comparisons.front().p_success);
  CHECK(summary.comparisons.front().final_values);
}

TEST_CASE("a criterion on a column that no run records is none") {
  StoredRun stored = two_methods();
  stored.success->column = "eror";
  const Summary summary = summarize(stored);
  CHECK_FALSE(summary.criterion);
  CHECK_FALSE(summary.settings.front().success);
}

TEST_CASE("axes of a run that does not state them are those of its labels") {
  StoredRun stored = two_methods();
  stored.axes.clear();
  const Summary summary = summarize(stored);
  REQUIRE(summary.axes.size() == 3);
  CHECK(summary.by == "method");
  CHECK(summary.settings.size() == 4);
}

TEST_CASE("a success criterion is a column and a bound") {
  std::vector<Diagnostic> diagnostics;
  const auto read = [&](const std::string& text) {
    return read_success(Node::make_scalar(text, {"s.yaml", 3, 12}), diagnostics);
  };
  const auto success = read("relative_error <= 1e-6");
  REQUIRE(success);
  CHECK(success->column == "relative_error");
  CHECK(success->text() == "relative_error <= 1e-6");
  CHECK(read(success->text())->text() == success->text());
  CHECK(diagnostics.empty());
  for (const char* wrong : {"relative_error", "relative_error < small", "< 1e-6", "final relative_error < 1e-6", ""}) {
    diagnostics.clear();
    CHECK_FALSE(read(wrong));
    REQUIRE(diagnostics.size() == 1);
    CHECK(diagnostics[0].text().find("s.yaml:3:12: error: success must compare a column with a number") == 0);
  }
}
