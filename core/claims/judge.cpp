#include "core/claims/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/readable.hpp"
#include "core/statistics/fits.hpp"
#include "core/statistics/tests.hpp"

namespace tightrope {

namespace {

using Pick = Quantity::Pick;
using Relation = Condition::Relation;
using Is = Claim::Is;
using Group = std::vector<const ClaimSubject*>;

constexpr Real infinity = std::numeric_limits<Real>::infinity();

/// With four digits, or as many more as tell it from the numbers that it stands beside.
std::string telling(Real value, const std::vector<Real>& beside = {}) {
  int digits = 4;
  const auto is_alike = [&](Real other) { return other != value && number(other, digits) == number(value, digits); };
  while (digits < 17 && std::any_of(beside.begin(), beside.end(), is_alike)) ++digits;
  return number(value, digits);
}

/// Two digits, or as many more as tell it from the level that it is compared with.
std::string telling_p(Real p, Real level) {
  int digits = 2;
  while (digits < 17 && p != level && p_value(p, digits) == p_value(level, digits)) ++digits;
  return p_value(p, digits);
}

/// A number that is known, or known to lie strictly between two others.
struct Measured {
  Real low = 0, high = 0;
  bool is_exact = true;
  bool is_lost = false;  // a time that no patience would have made known
  std::string trouble;   // why there is no number at all
  std::string note;      // to be told beside it

  static Measured exactly(Real value, std::string note = "") {
    return {value, value, true, false, "", std::move(note)};
  }
  static Measured more_than(Real low, bool is_lost = false) { return {low, infinity, false, is_lost, "", ""}; }
  static Measured nothing(std::string why) { return {0, 0, true, false, std::move(why), ""}; }

  /// With digits enough to tell it from what it stands beside.
  std::string text(const std::vector<Real>& beside = {}) const {
    if (!trouble.empty()) return trouble;
    if (is_exact) return telling(low, beside) + note;
    if (high == infinity) return fmt::format("more than {}{}", telling(low, beside), note);
    if (low <= 0) return fmt::format("less than {}{}", telling(high, beside), note);
    return fmt::format("between {} and {}{}", telling(low, beside), telling(high, beside), note);
  }
  std::string text(const std::vector<Measured>& beside) const {
    std::vector<Real> ends;
    for (const Measured& other : beside)
      if (other.trouble.empty()) ends.insert(ends.end(), {other.low, other.high});
    return text(ends);
  }
};

/// Whether the condition follows from what is known.
bool follows(const Condition& condition, const Measured& value) {
  if (!value.trouble.empty()) return false;
  if (value.is_exact) return condition.holds(value.low);
  switch (condition.relation) {  // the ends themselves are excluded
    case Relation::below:
    case Relation::at_most:
      return value.high <= condition.bound;
    case Relation::above:
    case Relation::at_least:
      return value.low >= condition.bound;
    case Relation::between:
      return value.low >= condition.bound && value.high <= condition.upper;
  }
  return false;
}

/// How good a value is for a condition: larger is better.
Real merit(const Condition& condition, const Measured& value) {
  if (!value.trouble.empty() || std::isnan(value.low)) return -infinity;
  switch (condition.relation) {
    case Relation::below:
    case Relation::at_most:
      return -value.high;
    case Relation::above:
    case Relation::at_least:
      return value.low;
    case Relation::between:
      return std::min(value.low - condition.bound, condition.upper - value.high);
  }
  return -infinity;
}

std::string interval_text(const LineFit& fit) {
  if (fit.count < 3) return fmt::format(" ({} points)", fit.count);
  return fmt::format(" (95 % interval {:.4g} to {:.4g}, {} points)", fit.slope_interval.low, fit.slope_interval.high,
                     fit.count);
}

CurveFit no_fit(std::string trouble) {
  CurveFit fit;
  fit.line.trouble = std::move(trouble);
  return fit;
}

/// fit_line of y over log10 x. No fit if an x is not positive.
LineFit fit_per_decade(const std::vector<Real>& x, const std::vector<Real>& y) {
  std::vector<Real> decades;
  for (const Real value : x) {
    if (!(value > 0)) return no_fit(fmt::format("{} has no logarithm", value)).line;
    decades.push_back(std::log10(value));
  }
  return fit_line(decades, y);
}

LineFit line_of(const std::vector<Real>& x, const std::vector<Real>& y, CurveFit::Law law) {
  switch (law) {
    case CurveFit::Law::exponential:
      return fit_exponential(x, y);
    case CurveFit::Law::power:
      return fit_power_law(x, y);
    case CurveFit::Law::linear:
      return fit_line(x, y);
    case CurveFit::Law::per_decade:
      return fit_per_decade(x, y);
  }
  return {};
}

CurveFit fit_to(const std::vector<Real>& x, const std::vector<Real>& y, CurveFit::Law law) {
  CurveFit fit{line_of(x, y, law), {}, law};
  if (!x.empty()) fit.range = {*std::min_element(x.begin(), x.end()), *std::max_element(x.begin(), x.end())};
  return fit;
}

Measured slope_of(const LineFit& fit) {
  if (!fit.trouble.empty()) return Measured::nothing("no fit: " + fit.trouble);
  return Measured::exactly(fit.slope, interval_text(fit));
}

/// Values of a column, or of the clock beside the columns; null if the trace has not got them.
std::optional<std::vector<Real>> series(const Trace& trace, const std::string& name) {
  if (name == "seconds" && !trace.find(name))
    return trace.seconds.size() == trace.rows.size() ? std::optional(trace.seconds) : std::nullopt;
  const auto column = trace.find(name);
  return column ? std::optional(trace.column(*column)) : std::nullopt;
}

/// The quantity as one of a single column, which the trace is given: |a/b - 1|. Null if it has not got both.
std::optional<std::pair<Quantity, Trace>> with_deviation(const Quantity& quantity, const Trace& trace) {
  const auto a = series(trace, quantity.column), b = series(trace, quantity.reference);
  if (!a || !b) return std::nullopt;
  std::pair<Quantity, Trace> plain{quantity, trace};
  plain.first.column = fmt::format("deviation of {} from {}", quantity.column, quantity.reference);
  plain.first.reference.clear();
  plain.second.columns.emplace_back().name = plain.first.column;
  for (std::size_t i = 0; i < a->size(); ++i)
    plain.second.rows[i].push_back((*b)[i] == 0 ? std::nan("") : std::abs((*a)[i] / (*b)[i] - 1));
  return plain;
}

/// The value in the first row in which another column is smallest, or largest.
std::optional<Real> value_at_extreme(const Quantity& quantity, const Trace& trace) {
  const auto values = series(trace, quantity.column), places = series(trace, quantity.over);
  if (!values || !places) return std::nullopt;
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < values->size(); ++i) {
    if (!quantity.is_in_window(trace.rows[i][0]) || std::isnan((*values)[i]) || std::isnan((*places)[i])) continue;
    const bool is_better = !best || (quantity.pick == Pick::at_smallest ? (*places)[i] < (*places)[*best]
                                                                        : (*places)[i] > (*places)[*best]);
    if (is_better) best = i;
  }
  return best ? std::optional((*values)[*best]) : std::nullopt;
}

Measured evaluate(const Quantity& quantity, const ClaimSubject& run) {
  if (!run.trace) return Measured::nothing("not recorded");
  const Trace& trace = *run.trace;
  if (!quantity.reference.empty()) {
    const auto plain = with_deviation(quantity, trace);
    if (!plain) return Measured::nothing("not recorded");
    return evaluate(plain->first, {run.labels, &plain->second, run.is_lost});
  }
  if (quantity.pick == Pick::at_smallest || quantity.pick == Pick::at_largest) {
    const auto value = value_at_extreme(quantity, trace);
    return value ? Measured::exactly(*value) : Measured::nothing("not recorded");
  }
  if (quantity.pick == Pick::rate || quantity.pick == Pick::exponent) return slope_of(fit_of(quantity, trace).line);
  if (quantity.pick == Pick::reach) {
    const Clock clock = quantity.over == "passes"    ? Clock::passes
                        : quantity.over == "seconds" ? Clock::seconds
                                                     : Clock::iterations;
    const auto waiting = wait_for(
        trace, quantity.column, [&](Real value) { return quantity.target.holds(value); }, clock);
    if (!waiting) return Measured::nothing("not recorded");
    return waiting->reached ? Measured::exactly(waiting->time) : Measured::more_than(waiting->time, run.is_lost);
  }
  const auto values = series(trace, quantity.column);
  std::optional<Real> result;
  for (std::size_t i = 0; values && i < values->size(); ++i) {
    const Real value = (*values)[i];
    if (quantity.pick == Pick::at && trace.rows[i][0] != static_cast<Real>(quantity.iteration)) continue;
    if (quantity.has_window() && !quantity.is_in_window(trace.rows[i][0])) continue;
    // A run that has ended recorded everything in its last row: what is not there is not defined.
    if (std::isnan(value) || (quantity.pick == Pick::final && i + 1 < values->size())) continue;
    if (!result || quantity.pick == Pick::at)
      result = value;
    else if (quantity.pick == Pick::smallest)
      result = std::min(*result, value);
    else if (quantity.pick == Pick::largest)
      result = std::max(*result, value);
  }
  return result ? Measured::exactly(*result) : Measured::nothing("not recorded");
}

Measured ratio(const Measured& a, const Measured& b) {
  for (const Measured* side : {&a, &b})
    if (!side->trouble.empty()) return *side;
  if (a.is_exact && b.is_exact) {
    const Real value = a.low / b.low;
    return std::isnan(value) ? Measured::nothing("a ratio of 0 to 0") : Measured::exactly(value);
  }
  if (a.low < 0 || b.low < 0) return Measured::nothing("a ratio of a negative number to one that is not known");
  if (b.high == infinity && a.high == infinity && !a.is_exact && !b.is_exact)
    return Measured::nothing(fmt::format("{} against {}", a.text(), b.text()));
  const Real low = b.high == infinity ? 0 : a.low / b.high;
  if (b.low == 0 && !b.is_exact) return {low, infinity, false, false, "", ""};
  return {low, a.high / b.low, false, false, "", ""};
}

Measured value_of(const Claim& claim, const ClaimSubject& run) {
  const Measured that = evaluate(claim.that, run);
  return claim.relative_to ? ratio(that, evaluate(*claim.relative_to, run)) : that;
}

Measured median_of(const std::vector<Measured>& values) {
  std::vector<Real> known;
  std::vector<CensoredTime> runs;
  for (const Measured& value : values) {
    if (!value.trouble.empty()) return Measured::nothing(value.trouble);
    if (!value.is_exact && value.high != infinity)
      return Measured::nothing(fmt::format("no median: one value is {}", value.text()));
    known.push_back(value.low);
    runs.push_back({value.is_lost ? infinity : value.low, value.is_exact});
  }
  if (std::all_of(values.begin(), values.end(), [](const Measured& value) { return value.is_exact; }))
    return Measured::exactly(*median(known));
  const TimeToTarget found = time_to_target(runs);
  Measured result = found.median ? Measured::exactly(*found.median) : Measured::more_than(found.more_than);
  // Nobody was watched to the end: the shortest of the lives is all that is sure.
  if (!found.median && found.more_than == 0) result.low = *std::min_element(known.begin(), known.end());
  result.note = fmt::format(" ({} of {} arrived)", found.reached, found.count);
  return result;
}

Measured median_of(const Claim& claim, const Group& runs) {
  std::vector<Measured> values;
  for (const ClaimSubject* run : runs) values.push_back(value_of(claim, *run));
  return median_of(values);
}

/// A test that was made for one setting.
struct Test {
  SignedRank rank;
  Index repetitions = 0;  // as many are independent
  Real adjusted = 1;      // rank.p after Holm's correction
};

/// What came out for one run or one setting.
struct Outcome {
  bool holds = false;
  Real merit = 0;  // among those that hold, or do not, the one of least merit is the worst
  std::string measured;
  Labels labels;
  std::optional<Test> test = std::nullopt;
};

std::map<Labels, Group> grouped(const Group& runs, const std::vector<std::string>& but) {
  std::map<Labels, Group> groups;
  for (const ClaimSubject* run : runs) groups[without(run->labels, but)].push_back(run);
  return groups;
}

std::vector<Real> ends_of(const Condition& condition) {
  if (condition.relation == Relation::between) return {condition.bound, condition.upper};
  return {condition.bound};
}

Outcome bounded(const Claim& claim, const Measured& value, const Labels& labels) {
  return {follows(claim.bounds, value), merit(claim.bounds, value), value.text(ends_of(claim.bounds)), labels};
}

Outcome success(const Claim& claim, const Group& runs, const Labels& labels) {
  Index met = 0;
  for (const ClaimSubject* run : runs)
    if (follows(*claim.success, value_of(claim, *run))) ++met;
  const Interval interval = wilson_interval(met, runs.size());
  return bounded(claim,
                 Measured::exactly(static_cast<Real>(met) / static_cast<Real>(runs.size()),
                                   fmt::format(": {} of {} runs, 95 % interval {:.3f} to {:.3f}", met, runs.size(),
                                               interval.low, interval.high)),
                 labels);
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
      if (!value.trouble.empty() || !value.is_exact || !place)
        return no_fit(fmt::format("{} at {} {}", value.text(), claim.axis, at));
      x.push_back(*place);
      y.push_back(value.low);
    }
  return fit_to(x, y,
                claim.fit == Claim::Fit::exponent ? CurveFit::Law::power
                : claim.fit == Claim::Fit::rate   ? CurveFit::Law::exponential
                : claim.is_per_decade             ? CurveFit::Law::per_decade
                                                  : CurveFit::Law::linear);
}

/// How far the slopes from each value of the axis to the next, between the medians there, are from that of the fit.
Outcome steps_along_axis(const Claim& claim, const Group& runs, const Labels& labels) {
  const CurveFit fit = fit_along_axis(claim, runs);
  if (!fit.line.trouble.empty()) return {false, -infinity, slope_of(fit.line).text(), labels};
  std::vector<std::string> places;
  std::vector<Real> x, y, slopes;
  for (const auto& [at, group] : along_axis(claim, runs)) {
    places.push_back(at);
    x.push_back(fit.straight_x(*number_of(at)));
    y.push_back(fit.straight_y(median_of(claim, group).low));
  }
  for (std::size_t i = 1; i < x.size(); ++i) slopes.push_back((y[i] - y[i - 1]) / (x[i] - x[i - 1]));
  const auto [least, most] = std::minmax_element(slopes.begin(), slopes.end());
  // Equal steps are constant even where they are 0, and nothing can be compared with their size.
  const Real found =
      *least == *most ? 0 : std::max(std::abs(*least / fit.line.slope - 1), std::abs(*most / fit.line.slope - 1));
  std::string told;
  for (std::size_t i = 1; i < x.size(); ++i)
    told += fmt::format("{} from {} to {}, ", telling(slopes[i - 1]), places[i - 1], places[i]);
  return {found <= claim.tolerance, -found,
          fmt::format("{} %: {}fitted {}", telling(100 * found, std::vector{100 * claim.tolerance}), told,
                      slope_of(fit.line).text()),
          labels};
}

/// Whether b is known to follow a in the order that the claim asks for.
bool in_order(Is is, const Measured& a, const Measured& b) {
  if (!a.trouble.empty() || !b.trouble.empty()) return false;
  const bool falls = is == Is::decreasing || is == Is::non_increasing;
  const Measured &small = falls ? b : a, &large = falls ? a : b;
  if (!small.is_exact && small.high == infinity) return false;
  const bool is_strict = is == Is::increasing || is == Is::decreasing;
  if (small.is_exact && large.is_exact) return is_strict ? small.low < large.low : small.low <= large.low;
  return small.high <= large.low;  // an end that is not reached
}

/// How far b lies beyond a in the order that the claim asks for, relative to the larger of the two.
Real step_between(Is is, const Measured& a, const Measured& b) {
  if (!a.trouble.empty() || !b.trouble.empty()) return -infinity;
  const bool falls = is == Is::decreasing || is == Is::non_increasing;
  const Real small = falls ? b.high : a.high, large = falls ? a.low : b.low;
  if (small == large) return 0;
  if (!std::isfinite(small)) return -infinity;
  return std::isfinite(large) ? (large - small) / std::max(std::abs(small), std::abs(large)) : infinity;
}

/// (largest - smallest)/smallest, and the values in words.
Outcome spread(const Claim& claim, const std::vector<Measured>& values, const std::string& told, const Labels& labels) {
  Real smallest = infinity, largest = -infinity;
  for (const Measured& value : values) {
    if (!value.trouble.empty() || !value.is_exact || !std::isfinite(value.low)) return {false, -infinity, told, labels};
    smallest = std::min(smallest, value.low);
    largest = std::max(largest, value.low);
  }
  const Real found = largest == smallest ? 0 : (largest - smallest) / std::abs(smallest);
  return {found <= claim.tolerance, -found,
          fmt::format("{} %: {}", telling(100 * found, std::vector{100 * claim.tolerance}), told), labels};
}

Outcome medians_along_axis(const Claim& claim, const Group& runs, const Labels& labels) {
  std::vector<Measured> values;
  std::vector<std::string> places;
  for (const auto& [at, group] : along_axis(claim, runs)) {
    values.push_back(median_of(claim, group));
    places.push_back(at);
  }
  std::string told;
  for (std::size_t i = 0; i < values.size(); ++i)
    told += fmt::format("{}{} at {}", i == 0 ? "" : ", ", values[i].text(values), places[i]);
  if (claim.is == Is::equal) return spread(claim, values, told, labels);
  Outcome outcome{values.size() > 1, infinity, told, labels};
  for (std::size_t i = 1; i < values.size(); ++i) {
    outcome.holds = outcome.holds && in_order(claim.is, values[i - 1], values[i]);
    outcome.merit = std::min(outcome.merit, step_between(claim.is, values[i - 1], values[i]));
  }
  return outcome;
}

struct Pair {
  const ClaimSubject *first, *second;
};

/// Runs of the claim's first side, each with the run that differs from it in the labels of `compared with` alone.
std::map<Labels, std::vector<Pair>> pairs_of(const Claim& claim, const std::vector<ClaimSubject>& runs) {
  std::vector<std::string> compared;
  for (const auto& [label, value] : claim.compared_with) compared.push_back(label);
  std::map<Labels, const ClaimSubject*> partners;
  for (const ClaimSubject& run : runs)
    if (selects(claim.other_side(), run.labels)) partners[without(run.labels, compared)] = &run;
  std::map<Labels, std::vector<Pair>> settings;
  for (const ClaimSubject& run : runs) {
    if (!selects(claim.where, run.labels)) continue;
    const auto partner = partners.find(without(run.labels, compared));
    if (partner != partners.end()) settings[without(run.labels, {repetition_label})].push_back({&run, partner->second});
  }
  return settings;
}

/// signed_ratio of a to bound·b, at its worst for the claim where a or b is not known.
Real paired_difference(const Claim& claim, const Pair& pair) {
  const bool above = claim.bounds.relation == Relation::above || claim.bounds.relation == Relation::at_least;
  const Real worst = above ? -infinity : infinity;
  const Measured first = value_of(claim, *pair.first), second = value_of(claim, *pair.second);
  if (!first.trouble.empty() || !second.trouble.empty()) return worst;
  const Real a = above ? first.low : first.high, b = claim.bounds.bound * (above ? second.high : second.low);
  if (std::isinf(a) && std::isinf(b)) return worst;
  return a != b && (a < 0 || b < 0) ? worst : signed_ratio(a, b);
}

/// The pairs of one setting differ in the repetition alone: they are independent.
Test test_of(const Claim& claim, const std::vector<Pair>& pairs) {
  std::vector<Real> differences;
  for (const Pair& pair : pairs) differences.push_back(paired_difference(claim, pair));
  const bool above = claim.bounds.relation == Relation::above || claim.bounds.relation == Relation::at_least;
  return {wilcoxon_signed_rank(differences, above ? Alternative::greater : Alternative::less), pairs.size()};
}

Outcome comparison(const Claim& claim, const std::vector<Pair>& pairs, const Labels& labels) {
  Group first, second;
  for (const Pair& pair : pairs) {
    first.push_back(pair.first);
    second.push_back(pair.second);
  }
  const Measured a = median_of(claim, first), b = median_of(claim, second);
  const std::string told = fmt::format("{} against {}", a.text(std::vector{b}), b.text(std::vector{a}));
  if (claim.is == Is::equal) return spread(claim, {a, b}, told, labels);
  const Measured both = ratio(a, b);
  Outcome outcome = bounded(claim, both, labels);
  outcome.measured = both.trouble.empty() ? fmt::format("{}: {}", outcome.measured, told) : told;
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
        outcomes.push_back(claim.fit == Claim::Fit::none ? medians_along_axis(claim, group, labels)
                           : claim.is == Is::constant
                               ? steps_along_axis(claim, group, labels)
                               : bounded(claim, slope_of(fit_along_axis(claim, group).line), labels));
  } else if (claim.success || claim.of == Claim::Of::median) {
    for (const auto& [labels, group] : grouped(runs, {repetition_label}))
      outcomes.push_back(claim.success ? success(claim, group, labels)
                                       : bounded(claim, median_of(claim, group), labels));
  } else if (claim.is_of_end) {
    for (const ClaimSubject* run : runs)
      outcomes.push_back({claim.has_end(run->end), 0, to_string(run->end), run->labels});
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

/// How many repetitions it takes for as many tests to give a p below the claim's after Holm's correction: n of them all
/// on one side have p = 2^-n.
Index needed_repetitions(const Claim& claim, std::size_t tests) {
  Index needed = 1;
  while (std::ldexp(static_cast<Real>(tests), -static_cast<int>(needed)) >= *claim.p && needed < 1000) ++needed;
  return needed;
}

/// "p = 0.31 from 5 repetitions", and what could have been seen with so many at all.
std::string words_of(const Claim& claim, const Test& test, std::size_t tests) {
  std::string text =
      fmt::format("p {} {} from {} repetition{}", test.rank.is_exact ? "=" : "≈", telling_p(test.adjusted, *claim.p),
                  test.repetitions, test.repetitions == 1 ? "" : "s");
  if (tests > 1) text += fmt::format(" (Holm, {} tests)", tests);
  if (const Index needed = needed_repetitions(claim, tests); test.repetitions < needed)
    text += fmt::format(", too few to show anything: it takes {}", needed);
  return text;
}

/// What decides for all: the worst of them, or the best for `some run`. `tests`: how many were made for all claims.
Verdict decide(const Claim& claim, const std::vector<Outcome>& outcomes, std::size_t tests) {
  if (outcomes.empty()) return {false, "no such run"};
  const bool some = claim.of == Claim::Of::some_run;
  const Outcome* decisive = &outcomes.front();
  for (const Outcome& outcome : outcomes)
    if (some ? is_worse(claim, *decisive, outcome) : is_worse(claim, outcome, *decisive)) decisive = &outcome;
  Verdict verdict{holds(claim, *decisive), decisive->measured};
  if (decisive->test) verdict.measured += ", " + words_of(claim, *decisive->test, tests);
  if (outcomes.size() > 1) {
    std::string who;
    for (const auto& [label, value] : decisive->labels)
      if (const auto wanted = claim.where.find(label); wanted == claim.where.end() || wanted->second.size() > 1)
        who += fmt::format("{}{} {}", who.empty() ? "" : ", ", label, value);
    if (!who.empty()) verdict.measured += fmt::format(" ({})", who);
  }
  return verdict;
}

}  // namespace

CurveFit fit_of(const Quantity& quantity, const Trace& trace) {
  if (!quantity.reference.empty()) {
    const auto plain = with_deviation(quantity, trace);
    return plain ? fit_of(plain->first, plain->second) : no_fit("not recorded");
  }
  const auto y = series(trace, quantity.column), x = series(trace, quantity.over), t = series(trace, "iteration");
  if (!x || !y || !t) return no_fit("not recorded");
  const bool is_power = quantity.pick == Pick::exponent;
  std::vector<Real> kept_x, kept_y;
  for (std::size_t i = 0; i < t->size(); ++i) {
    if (!quantity.is_in_window((*t)[i])) continue;
    if (std::isnan((*y)[i]) || std::isnan((*x)[i]) || (is_power && (*x)[i] == 0)) continue;  // the start has no ln t
    kept_x.push_back((*x)[i]);
    kept_y.push_back((*y)[i]);
  }
  if (kept_x.size() < 3) return no_fit(fmt::format("only {} points recorded", kept_x.size()));
  return fit_to(kept_x, kept_y, is_power ? CurveFit::Law::power : CurveFit::Law::exponential);
}

CurveFit fit_of(const Claim& claim, const std::vector<ClaimSubject>& runs) {
  Group group;
  for (const ClaimSubject& run : runs)
    if (selects(claim.where, run.labels)) group.push_back(&run);
  return fit_along_axis(claim, group);
}

Real CurveFit::straight_x(Real x) const {
  return law == Law::power ? std::log(x) : law == Law::per_decade ? std::log10(x) : x;
}

Real CurveFit::straight_y(Real y) const { return law == Law::power || law == Law::exponential ? std::log(y) : y; }

Real CurveFit::at(Real x) const {
  const Real y = line.intercept + line.slope * straight_x(x);
  return law == Law::power || law == Law::exponential ? std::exp(y) : y;
}

std::optional<Real> measure(const Quantity& quantity, const ClaimSubject& run) {
  const Measured measured = evaluate(quantity, run);
  if (!measured.trouble.empty() || !measured.is_exact) return std::nullopt;
  return measured.low;
}

std::vector<std::string> too_few_repetitions(const std::vector<Claim>& claims, const std::vector<Labels>& runs) {
  std::vector<ClaimSubject> subjects;
  for (const Labels& labels : runs) subjects.push_back({labels, nullptr});
  std::vector<Index> fewest;  // repetitions in a setting of each claim; 0 without tests
  std::size_t tests = 0;
  for (const Claim& claim : claims) {
    fewest.push_back(0);
    if (!claim.p) continue;
    for (const auto& [labels, pairs] : pairs_of(claim, subjects)) {
      fewest.back() = fewest.back() == 0 ? pairs.size() : std::min<Index>(fewest.back(), pairs.size());
      ++tests;
    }
  }
  std::vector<std::string> sentences;
  for (std::size_t c = 0; c < claims.size(); ++c)
    if (const Index needed = fewest[c] > 0 ? needed_repetitions(claims[c], tests) : 0; fewest[c] < needed)
      sentences.push_back(
          fmt::format("{}: this claim cannot hold: {} repetition{} cannot give a p below {} in {}; it takes {} of them",
                      claims[c].position.text(), fewest[c], fewest[c] == 1 ? "" : "s", shortest(*claims[c].p),
                      tests == 1 ? "a test" : fmt::format("each of {} tests (Holm)", tests), needed));
  return sentences;
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
