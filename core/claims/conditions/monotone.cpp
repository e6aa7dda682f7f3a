#include <algorithm>
#include <cmath>

#include "core/claims/condition_form.hpp"

namespace tightrope {

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

/// Whether `small` is known to lie below `large`, or not above it.
bool in_order(const Measured& small, const Measured& large, bool is_strict) {
  if (!small.trouble.empty() || !large.trouble.empty() || (!small.is_exact && small.high == infinity)) return false;
  if (small.is_exact && large.is_exact) return is_strict ? small.low < large.low : small.low <= large.low;
  return small.high <= large.low;  // an end that is not reached
}

/// How far `large` lies beyond `small`, relative to the larger of the two.
Real step_between(const Measured& small, const Measured& large) {
  if (!small.trouble.empty() || !large.trouble.empty()) return -infinity;
  const Real from = small.high, to = large.low;
  if (from == to) return 0;
  if (!std::isfinite(from)) return -infinity;
  return std::isfinite(to) ? (to - from) / std::max(std::abs(from), std::abs(to)) : infinity;
}

}  // namespace

ConditionForm monotone_condition_form() {
  return {.words = {"increasing", "decreasing", "non-increasing", "non-decreasing"},
          .axis_key = "in",
          .axis_meaning = "the label along which the quantity rises or falls",
          .example = "{that: final error, is: increasing, in: kappa}",
          .meaning = "medians along a numeric label; also `decreasing`, `non-increasing`, `non-decreasing`",
          .judge = [](const Claim& claim, const Numbers& numbers) {
            const bool falls = claim.is == "decreasing" || claim.is == "non-increasing";
            const bool is_strict = !claim.is.starts_with("non-");
            Finding found{numbers.medians.size() > 1, infinity, numbers.text};
            for (std::size_t i = 1; i < numbers.medians.size(); ++i) {
              const Measured &small = numbers.medians[falls ? i : i - 1], &large = numbers.medians[falls ? i - 1 : i];
              found.holds = found.holds && in_order(small, large, is_strict);
              found.merit = std::min(found.merit, step_between(small, large));
            }
            return found;
          }};
}

}  // namespace tightrope
