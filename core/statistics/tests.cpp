#include "core/statistics/tests.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>

namespace tightrope {

namespace {

constexpr Index largest_exact = 200;  // n³/2 operations; exact in float64 for up to 53, right to 1e-14 beyond

/// What a few roundings do to a quotient. The decimal bound of a claim is not the double that stands for it either.
constexpr Real rounding = 0x1p-49;

/// Twice the mean ranks of |differences| (an integer each), in the order of the input.
std::vector<Index> doubled_ranks(const std::vector<Real>& differences, Real& tie_term) {
  const Index n = differences.size();
  std::vector<Index> order(n), ranks(n);
  std::iota(order.begin(), order.end(), Index{0});
  const auto size = [&](Index i) { return std::abs(differences[i]); };
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return size(a) < size(b); });
  tie_term = 0;
  for (Index first = 0; first < n;) {
    Index next = first;
    const Real least = size(order[first]), most = least * (1 + rounding);
    while (next < n && size(order[next]) <= most) ++next;
    for (Index i = first; i < next; ++i) ranks[order[i]] = first + 1 + next;
    const Real ties = static_cast<Real>(next - first);
    tie_term += ties * (ties * ties - 1);
    first = next;
  }
  return ranks;
}

/// P(sum ≤ bound) for the sum of the ranks whose fair coin shows heads. The distribution is symmetric, so this is also
/// P(sum ≥ all - bound).
Real lower_tail(std::vector<Index> ranks, Index bound) {
  std::sort(ranks.begin(), ranks.end());  // the order of the pairs must not show in the last bit
  std::vector<Real> probability(bound + 1, 0.0);
  probability[0] = 1;
  Index reach = 0;
  for (const Index rank : ranks) {
    reach = std::min(reach + rank, bound);
    for (Index sum = reach + 1; sum-- > 0;)
      probability[sum] = (probability[sum] + (sum >= rank ? probability[sum - rank] : 0)) / 2;
  }
  return std::accumulate(probability.begin(), probability.end(), 0.0);
}

}  // namespace

Real signed_ratio(Real first, Real second) {
  if (first == second) return 0;
  const auto [small, large] = std::minmax(first, second);
  const Real size = large / small;
  if (size <= 1 + rounding) return 0;
  return first > second ? size : -size;
}

Real as_ratio(Real signed_ratio) {
  if (signed_ratio == 0) return 1;
  return signed_ratio > 0 ? signed_ratio : -1 / signed_ratio;
}

std::optional<Real> median_ratio(std::vector<Real> signed_ratios) {
  if (signed_ratios.empty()) return std::nullopt;
  std::sort(signed_ratios.begin(), signed_ratios.end());
  const Real low = signed_ratios[(signed_ratios.size() - 1) / 2], high = signed_ratios[signed_ratios.size() / 2];
  if (low == high) return low;
  if (std::isinf(low)) return std::isinf(high) ? 0 : low;
  if (std::isinf(high)) return high;
  const Real low_root = std::sqrt(std::max(std::abs(low), 1.0)), high_root = std::sqrt(std::max(std::abs(high), 1.0));
  if (low < 0 && high > 0) return signed_ratio(high_root, low_root);
  return low < 0 ? -low_root * high_root : low_root * high_root;
}

SignedRank wilcoxon_signed_rank(std::span<const Real> differences, Alternative alternative,
                                std::optional<SignedRankMethod> method, bool continuity) {
  std::vector<Real> kept;
  for (const Real difference : differences)
    if (difference != 0) kept.push_back(difference);
  SignedRank result;
  result.pairs = kept.size();
  if (kept.empty()) return result;
  Real tie_term = 0;
  const std::vector<Index> ranks = doubled_ranks(kept, tie_term);
  Index positive = 0;
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (kept[i] > 0) positive += ranks[i];
  result.rank_sum = static_cast<Real>(positive) / 2;
  result.is_exact = method ? *method == SignedRankMethod::exact : kept.size() <= largest_exact;
  if (result.is_exact) {
    const Index negative = std::accumulate(ranks.begin(), ranks.end(), Index{0}) - positive;
    result.p = alternative == Alternative::greater ? lower_tail(ranks, negative)
               : alternative == Alternative::less  ? lower_tail(ranks, positive)
                                                   : 2 * lower_tail(ranks, std::min(positive, negative));
  } else {
    const Real n = static_cast<Real>(kept.size()), mean = n * (n + 1) / 4;
    const Real deviation = std::sqrt((n * (n + 1) * (2 * n + 1) - tie_term / 2) / 24);
    const boost::math::normal normal;
    Real distance = result.rank_sum - mean;
    if (alternative == Alternative::two_sided) {
      distance = -std::abs(distance);
      if (continuity && distance < 0) distance += 0.5;
      result.p = 2 * boost::math::cdf(normal, -std::abs(distance / deviation));
    } else if (alternative == Alternative::greater) {
      if (continuity) distance -= 0.5;
      result.p = boost::math::cdf(boost::math::complement(normal, distance / deviation));
    } else {
      if (continuity) distance += 0.5;
      result.p = boost::math::cdf(normal, distance / deviation);
    }
  }
  result.p = std::min(result.p, 1.0);
  return result;
}

Real mcnemar(Index first_only, Index second_only) {
  const Index disagreements = first_only + second_only;
  if (disagreements == 0) return 1;
  const boost::math::binomial fair(static_cast<Real>(disagreements), 0.5);
  return std::min(1.0, 2 * boost::math::cdf(fair, static_cast<Real>(std::min(first_only, second_only))));
}

std::vector<Real> holm(std::span<const Real> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<Real> adjusted(p.size());
  Real largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, static_cast<Real>(p.size() - i) * p[order[i]]);
    adjusted[order[i]] = std::min(largest, 1.0);
  }
  return adjusted;
}

}  // namespace tightrope
