// `compared with`: runs in pairs, and the tests of a claim that asks for a p.
#pragma once

#include "core/claims/judging/judge.hpp"
#include "core/statistics/tests.hpp"

namespace tightrope {

struct Pair {
  const ClaimSubject *first, *second;
};
/// Runs of the claim's first side, by setting, each with the run that differs from it in the labels of `compared with`
/// alone.
std::map<Labels, std::vector<Pair>> pairs_of(const Claim& claim, const std::vector<ClaimSubject>& runs);

/// A test that was made for one setting.
struct Test {
  SignedRank rank;
  Index repetitions = 0;  // as many are independent
  Real adjusted = 1;      // rank.p after Holm's correction
};
/// The pairs of one setting differ in the repetition alone: they are independent.
Test test_of(const Claim& claim, const std::vector<Pair>& pairs);
/// "p = 0.31 from 5 repetitions", and what could have been seen with so many at all; `tests` were made for all claims.
std::string test_in_words(const Claim& claim, const Test& test, std::size_t tests);

}  // namespace tightrope
