#include "core/claims/judging/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/claims/condition_form.hpp"
#include "core/claims/judging/comparison.hpp"
#include "core/claims/topic.hpp"

namespace tightrope {

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

using Group = std::vector<const ClaimSubject*>;

/// What came out for one run or one setting.
struct Outcome : Finding {
  Labels labels;
  std::optional<Test> test = std::nullopt;
};

std::vector<Measured> values_of(const Claim& claim, const Group& runs) {
  std::vector<Measured> values;
  for (const ClaimSubject* run : runs) values.push_back(value_of(claim, *run));
  return values;
}

Measured median_of(const Claim& claim, const Group& runs) { return median_of(values_of(claim, runs)); }

std::map<Labels, Group> grouped(const Group& runs, const std::vector<std::string>& but) {
  std::map<Labels, Group> groups;
  for (const ClaimSubject* run : runs) groups[without(run->labels, but)].push_back(run);
  return groups;
}

Outcome bounded(const Claim& claim, const Measured& value, const Labels& labels) {
  return {{follows(claim.bounds, value), merit(claim.bounds, value), value.text(claim.bounds.ends())}, labels};
}

/// Runs of one setting, by the value of the claim's axis: numbers in their order, then words.
std::vector<std::pair<std::string, Group>> along_axis(const Claim& claim, const Group& runs) {
  std::vector<std::pair<std::string, Group>> points;
  for (const ClaimSubject* run : runs) {
    const auto at = run->labels.find(claim.axis);
    if (at == run->labels.end()) continue;
    auto point = std::find_if(points.begin(), points.end(), [&](const auto& p) {
      return selects({{claim.axis, {p.first}}}, run->labels);
    });
    if (point == points.end()) point = points.insert(point, {at->second, {}});
    point->second.push_back(run);
  }
  std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) {
    return number_of(a.first).value_or(infinity) < number_of(b.first).value_or(infinity);
  });
  return points;
}

CurveFit fit_along_axis(const Claim& claim, const Group& runs) {
  std::vector<Real> x, y;
  for (const auto& [at, group] : along_axis(claim, runs))
    for (const ClaimSubject* run : group) {
      const Measured value = value_of(claim, *run);
      const auto place = number_of(at);
      if (!value.is_number() || !place) return no_fit(fmt::format("{} at {} {}", value.text(), claim.axis, at));
      x.push_back(*place);
      y.push_back(value.low);
    }
  return fit_curve(*claim.fit, x, y);
}

Outcome along_label(const Claim& claim, const Group& runs, const Labels& labels) {
  Numbers numbers;
  if (claim.fit) numbers.fit = fit_along_axis(claim, runs);
  if (!claim.form) return bounded(claim, numbers.fit.slope(), labels);
  for (const auto& [at, group] : along_axis(claim, runs)) {
    numbers.at.push_back(at);
    numbers.medians.push_back(median_of(claim, group));
  }
  for (std::size_t i = 0; i < numbers.at.size(); ++i)
    numbers.text +=
        fmt::format("{}{} at {}", i == 0 ? "" : ", ", numbers.medians[i].text(numbers.medians), numbers.at[i]);
  return {claim.form->judge(claim, numbers), labels};
}

Outcome comparison(const Claim& claim, const std::vector<Pair>& pairs, const Labels& labels) {
  Group first, second;
  for (const Pair& pair : pairs) {
    first.push_back(pair.first);
    second.push_back(pair.second);
  }
  const Measured a = median_of(claim, first), b = median_of(claim, second);
  const std::string sides = fmt::format("{} against {}", a.text(std::vector{b}), b.text(std::vector{a}));
  if (claim.form) return {claim.form->judge(claim, {{}, {a, b}, sides, {}}), labels};
  const Measured both = ratio(a, b);
  Outcome outcome = bounded(claim, both, labels);
  outcome.measured = both.trouble.empty() ? fmt::format("{}: {}", outcome.measured, sides) : sides;
  if (claim.p) outcome.test = test_of(claim, pairs);
  return outcome;
}

/// One outcome for each run or setting that the claim speaks of.
std::vector<Outcome> outcomes_of(const Claim& claim, const std::vector<ClaimSubject>& all) {
  std::vector<Outcome> outcomes;
  if (!claim.compared_with.empty()) {
    for (const auto& [labels, pairs] : pairs_of(claim, all)) outcomes.push_back(comparison(claim, pairs, labels));
    return outcomes;
  }
  Group runs;
  for (const ClaimSubject& run : all)
    if (selects(claim.where, run.labels)) runs.push_back(&run);
  if (!claim.axis.empty()) {
    for (const auto& [labels, group] : grouped(runs, {claim.axis, repetition_label}))
      if (along_axis(claim, group).size() >= claim.needed_values())
        outcomes.push_back(along_label(claim, group, labels));
  } else if (claim.topic && claim.topic->answer) {
    for (const ClaimSubject* run : runs) {
      const std::string answer = claim.topic->answer(*run);
      const Finding found{claim.has_answer(answer), 0, answer};
      outcomes.push_back({found, run->labels});
    }
  } else if (claim.topic || claim.is_of_setting()) {
    for (const auto& [labels, group] : grouped(runs, {repetition_label})) {
      const std::vector<Measured> values = values_of(claim, group);
      const Measured value = claim.topic                   ? claim.topic->of_setting(claim, values)
                             : claim.of == Claim::Of::mean ? mean_of(values)
                                                           : median_of(values);
      outcomes.push_back(bounded(claim, value, labels));
    }
  } else {
    for (const ClaimSubject* run : runs) outcomes.push_back(bounded(claim, value_of(claim, *run), run->labels));
  }
  return outcomes;
}

/// Whether the value fits the claim, and the test shows it.
bool holds(const Claim& claim, const Outcome& outcome) {
  return outcome.holds && (!outcome.test || outcome.test->adjusted < *claim.p);
}

/// Whether a fits the claim less than b. Where they fit it equally, names and order must not decide what is told.
bool is_worse(const Claim& claim, const Outcome& a, const Outcome& b) {
  if (holds(claim, a) != holds(claim, b)) return holds(claim, b);
  if (a.holds != b.holds) return b.holds;
  const Real p = a.test ? a.test->adjusted : 0, q = b.test ? b.test->adjusted : 0;
  if (!holds(claim, a) && a.holds && p != q) return p > q;  // values that fit, and tests that do not show it
  if (a.merit != b.merit) return a.merit < b.merit;
  if (p != q) return p > q;
  return a.measured < b.measured;
}

/// What decides for all: the worst of them, or the best for `some run`. `tests`: how many were made for all claims.
Verdict decide(const Claim& claim, const std::vector<Outcome>& outcomes, std::size_t tests) {
  if (outcomes.empty()) return {false, "no such run"};
  const bool some = claim.of == Claim::Of::some_run;
  const Outcome* decisive = &outcomes.front();
  for (const Outcome& outcome : outcomes)
    if (some ? is_worse(claim, *decisive, outcome) : is_worse(claim, outcome, *decisive)) decisive = &outcome;
  Verdict verdict{holds(claim, *decisive), decisive->measured};
  if (decisive->test) verdict.measured += ", " + test_in_words(claim, *decisive->test, tests);
  if (outcomes.size() > 1) {
    Labels who = decisive->labels;
    std::erase_if(who, [&](const auto& own) {
      const auto wanted = claim.where.find(own.first);
      return wanted != claim.where.end() && wanted->second.size() == 1;
    });
    if (!who.empty()) verdict.measured += fmt::format(" ({})", in_words(who));
  }
  return verdict;
}

}  // namespace

Measured measure(const Quantity& quantity, const ClaimSubject& run) {
  Measured measured = run.trace ? measure(quantity, *run.trace) : Measured::nothing("not recorded");
  measured.is_lost = !measured.is_exact && run.is_lost;
  return measured;
}

Measured value_of(const Claim& claim, const ClaimSubject& run) {
  const Measured that = measure(claim.that, run);
  return claim.relative_to ? ratio(that, measure(*claim.relative_to, run)) : that;
}

CurveFit fit_of(const Claim& claim, const std::vector<ClaimSubject>& runs) {
  Group group;
  for (const ClaimSubject& run : runs)
    if (selects(claim.where, run.labels)) group.push_back(&run);
  return fit_along_axis(claim, group);
}

std::vector<Verdict> judge(const std::vector<Claim>& claims, const std::vector<ClaimSubject>& runs) {
  std::vector<std::vector<Outcome>> outcomes;
  std::vector<Test*> tests;
  std::vector<Real> p;
  for (const Claim& claim : claims) outcomes.push_back(outcomes_of(claim, runs));
  for (std::vector<Outcome>& own : outcomes)
    for (Outcome& outcome : own)
      if (outcome.test) {
        tests.push_back(&*outcome.test);
        p.push_back(outcome.test->rank.p);
      }
  const std::vector<Real> adjusted = holm(p);
  for (std::size_t i = 0; i < tests.size(); ++i) tests[i]->adjusted = adjusted[i];
  std::vector<Verdict> verdicts;
  for (std::size_t c = 0; c < claims.size(); ++c) verdicts.push_back(decide(claims[c], outcomes[c], tests.size()));
  return verdicts;
}

}  // namespace tightrope
