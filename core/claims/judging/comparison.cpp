#include "core/claims/judging/comparison.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/base/text/readable.hpp"

namespace tightrope {

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

/// signed_ratio of a to bound·b, at its worst for the claim where a or b is not known.
Real paired_difference(const Claim& claim, const Pair& pair) {
  const bool above = claim.bounds.is_above();
  const Real worst = above ? -infinity : infinity;
  const Measured first = value_of(claim, *pair.first), second = value_of(claim, *pair.second);
  if (!first.trouble.empty() || !second.trouble.empty()) return worst;
  const Real a = above ? first.low : first.high, b = claim.bounds.bound * (above ? second.high : second.low);
  if (std::isinf(a) && std::isinf(b)) return worst;
  return a != b && (a < 0 || b < 0) ? worst : signed_ratio(a, b);
}

/// Two digits, or as many more as tell it from the level that it is compared with.
std::string telling_p(Real p, Real level) {
  int digits = 2;
  while (digits < 17 && p != level && p_value(p, digits) == p_value(level, digits)) ++digits;
  return p_value(p, digits);
}

/// How many repetitions it takes for as many tests to give a p below the claim's after Holm's correction: n of them all
/// on one side have p = 2^-n.
Index needed_repetitions(const Claim& claim, std::size_t tests) {
  Index needed = 1;
  while (std::ldexp(static_cast<Real>(tests), -static_cast<int>(needed)) >= *claim.p && needed < 1000) ++needed;
  return needed;
}

}  // namespace

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

Test test_of(const Claim& claim, const std::vector<Pair>& pairs) {
  std::vector<Real> differences;
  for (const Pair& pair : pairs) differences.push_back(paired_difference(claim, pair));
  const Alternative alternative = claim.bounds.is_above() ? Alternative::greater : Alternative::less;
  return {wilcoxon_signed_rank(differences, alternative), pairs.size()};
}

std::string test_in_words(const Claim& claim, const Test& test, std::size_t tests) {
  std::string text = fmt::format("p {} {} from {}", test.rank.is_exact ? "=" : "≈", telling_p(test.adjusted, *claim.p),
                                 counted(test.repetitions, "repetition"));
  if (tests > 1) text += fmt::format(" (Holm, {} tests)", tests);
  if (const Index needed = needed_repetitions(claim, tests); test.repetitions < needed)
    text += fmt::format(", too few to show anything: it takes {}", needed);
  return text;
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
          fmt::format("{}: this claim cannot hold: {} cannot give a p below {} in {}; it takes {} of them",
                      claims[c].position.text(), counted(fewest[c], "repetition"), shortest(*claims[c].p),
                      tests == 1 ? "a test" : fmt::format("each of {} tests (Holm)", tests), needed));
  return sentences;
}

}  // namespace tightrope
