// Whether claims are true of finished runs.
//
// Runs that differ in `repetition` alone are one setting. A claim about single runs is judged by the worst of them (the
// best for `of: some run`); every other claim is judged in each setting, and the worst setting decides:
//   of: median      the median over the repetitions; of: mean their mean
//   success         the share of the repetitions; its 95 % Wilson interval is told but does not decide
//   compared with   the ratio of the medians, each over the repetitions that both sides have
//     p             and Wilcoxon's one-sided signed-rank test of the setting's repetitions, ranked by |ln(a /
//     (bound·b))|,
//                   is below p after Holm's correction over the settings of all claims of the file that have a p; the
//                   value and the p that are told are those of the worst setting
//   increasing, …   the medians in the order of the axis; equal: (largest - smallest)/smallest of them
//   exponent, rate, slope
//                   the least-squares slope over all runs of the setting; its 95 % interval is told, does not decide
//     constant      the largest |s/slope - 1| of the slopes s between the medians at neighbouring values of the label
//
// A run that ended before `iterations to COLUMN < BOUND` is known to need more than it had. What follows from that
// counts ("more than 500 > 100" is true), what does not follow is false ("more than 500 < 1000"). Medians of such runs
// are Kaplan-Meier medians, in which a diverged or failed run never arrives. In a signed-rank test such a run takes the
// value that is worst for the claim. A quantity that was not recorded makes the claim false, never true.
#pragma once

#include <string>
#include <vector>

#include "core/claims/claim.hpp"
#include "core/interfaces/end.hpp"

namespace tightrope {

/// A finished run as claims see it.
struct ClaimSubject {
  Labels labels;
  const Trace* trace;    // null: it left none
  bool is_lost = false;  // diverged or failed: what it has not reached it never will
  EndClass end = EndClass::limit;
};

struct Verdict {
  bool holds = false;
  std::string measured;  // "2.900e-04", "1.200e-03 (method gd)", "more than 500 (repetition 3)"
};

/// What `exponent | rate | slope of QUANTITY over LABEL` means for the runs of one setting, those of `where` among
/// them.
CurveFit fit_of(const Claim& claim, const std::vector<ClaimSubject>& runs);
/// A quantity of a run, as far as it is known.
Measured measure(const Quantity& quantity, const ClaimSubject& run);
/// What a claim speaks of in a run: its quantity, divided by the one that it is relative to.
Measured value_of(const Claim& claim, const ClaimSubject& run);

/// What is to be said before these runs are made: claims with a p that so many repetitions cannot give, whatever comes
/// out; a sentence each, with its position.
std::vector<std::string> too_few_repetitions(const std::vector<Claim>& claims, const std::vector<Labels>& runs);

/// One verdict for each claim.
std::vector<Verdict> judge(const std::vector<Claim>& claims, const std::vector<ClaimSubject>& runs);

}  // namespace tightrope
