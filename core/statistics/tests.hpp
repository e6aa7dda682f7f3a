// Paired tests between methods, and what many tests at once cost. Verdicts, tables and pages take theirs from here.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

/// What the test should find: that the differences are not symmetric about 0, or lie above it, or below.
enum class Alternative { two_sided, greater, less };

/// How far apart two quantities ≥ 0 are, for tests that rank: the larger divided by the smaller, with the sign of
/// first - second. It orders pairs as log(first / second) does, and pairs that mirror each other (5 : 7 and 7 : 5, also
/// 10 : 14) have the same size in floating point, which the logarithm does not promise. 0 if the two are equal up to
/// what rounding does to a few operations, ±∞ where one is 0 or infinite and the other is not. A NaN is none of them.
Real signed_ratio(Real first, Real second);
/// first / second.
Real as_ratio(Real signed_ratio);
/// The median of signed ratios: of an even number the geometric mean of the two ratios in the middle, so that
/// exchanging first and second changes the sign of the result and nothing else; 0 between -∞ and ∞. Null for none.
std::optional<Real> median_ratio(std::vector<Real> signed_ratios);

struct SignedRank {
  Index pairs = 0;       ///< differences that are not 0
  Real rank_sum = 0;     ///< of the positive differences
  Real p = 1;            ///< 1 if there is nothing to rank
  bool is_exact = true;  ///< else by the normal approximation
};

/// Wilcoxon's signed-rank test of the differences within pairs (Biometrics Bulletin 1, 1945). Zeros are dropped, equal
/// magnitudes share their mean rank; infinite differences rank above all finite ones. Magnitudes that differ by no more
/// than 2^-49 of themselves are equal: rounding may have told them apart.
///   exact:  the distribution of the rank sum when every sign is a fair coin, ties included (Pratt & Gibbons, Concepts
///           of Nonparametric Theory, 1981, section 3.7); without ties it is SciPy's method='exact'
///   normal: mean n(n+1)/4, variance (n(n+1)(2n+1) - Σ(t³-t)/2)/24 over the ties t, moved towards the mean by 1/2 if
///           `continuity`; SciPy's method='approx', zero_method='wilcox', correction=continuity
/// Without a choice: exact for up to 200 pairs, else normal. Changing all signs exchanges the one-sided p and leaves
/// the two-sided one as it is, to the last bit.
enum class SignedRankMethod { exact, normal };
SignedRank wilcoxon_signed_rank(std::span<const Real> differences, Alternative alternative = Alternative::two_sided,
                                std::optional<SignedRankMethod> method = std::nullopt, bool continuity = true);

/// Exact McNemar test of paired successes: `first_only` pairs in which the first alone succeeded, `second_only` pairs
/// in which the second did; two-sided binomial test of their shares against 1/2 (McNemar, Psychometrika 12, 1947). 1 if
/// the two always agree.
Real mcnemar(Index first_only, Index second_only);

/// Holm's step-down correction (Scandinavian Journal of Statistics 6, 1979) in the order of the input: with the m
/// values sorted, the i-th becomes the largest of (m - j + 1)·p_(j), j ≤ i, at most 1.
std::vector<Real> holm(std::span<const Real> p);

}  // namespace tightrope
