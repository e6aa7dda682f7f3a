#include "core/claims/judging/measured.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/text/readable.hpp"
#include "core/statistics/statistics.hpp"

namespace tightrope {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

std::string measured_text(Real value, const std::vector<Real>& beside) {
  int digits = 4;
  const auto is_alike = [&](Real other) { return other != value && number(other, digits) == number(value, digits); };
  while (digits < 17 && std::any_of(beside.begin(), beside.end(), is_alike)) ++digits;
  return number(value, digits);
}

std::string Measured::text(const std::vector<Real>& beside) const {
  if (!trouble.empty()) return trouble;
  if (is_exact) return measured_text(low, beside) + note;
  if (high == infinity) return fmt::format("more than {}{}", measured_text(low, beside), note);
  if (low <= 0) return fmt::format("less than {}{}", measured_text(high, beside), note);
  return fmt::format("between {} and {}{}", measured_text(low, beside), measured_text(high, beside), note);
}

std::string Measured::text(const std::vector<Measured>& beside) const {
  std::vector<Real> ends;
  for (const Measured& other : beside)
    if (other.trouble.empty()) ends.insert(ends.end(), {other.low, other.high});
  return text(ends);
}

bool follows(const Condition& condition, const Measured& value) {
  if (!value.trouble.empty()) return false;
  if (value.is_exact) return condition.holds(value.low);
  // The ends themselves are excluded.
  if (condition.relation == Condition::Relation::between)
    return value.low >= condition.bound && value.high <= condition.upper;
  return condition.is_above() ? value.low >= condition.bound : value.high <= condition.bound;
}

Real merit(const Condition& condition, const Measured& value) {
  if (!value.trouble.empty() || std::isnan(value.low)) return -infinity;
  if (condition.relation == Condition::Relation::between)
    return std::min(value.low - condition.bound, condition.upper - value.high);
  return condition.is_above() ? value.low : -value.high;
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
  return b.low == 0 && !b.is_exact ? Measured::more_than(low) : Measured::between(low, a.high / b.low);
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

Measured mean_of(const std::vector<Measured>& values) {
  Real sum = 0;
  for (const Measured& value : values) {
    if (!value.trouble.empty()) return Measured::nothing(value.trouble);
    if (!value.is_exact) return Measured::nothing(fmt::format("no mean: one value is {}", value.text()));
    sum += value.low;
  }
  return Measured::exactly(sum / static_cast<Real>(values.size()));
}

}  // namespace tightrope
