#include "core/study/findings/verdicts.hpp"

#include <algorithm>

#include "core/claims/judging/judge.hpp"
#include "core/store/files/json.hpp"

namespace tightrope {

std::vector<StoredClaim> judged(const std::vector<Claim>& claims, const StoredRun& run) {
  std::vector<ClaimSubject> subjects;
  for (const StoredCell& cell : run.cells)
    subjects.push_back({cell.labels, &cell.trace, cell.end.end_class == EndClass::diverged, cell.end.end_class});
  for (const Missing& cell : run.missing)
    if (cell.kind == Missing::Kind::failed) subjects.push_back({cell.labels, nullptr, true, EndClass::failed});
  std::vector<StoredClaim> result;
  const std::vector<Verdict> verdicts = judge(claims, subjects);
  for (std::size_t i = 0; i < verdicts.size(); ++i)
    result.push_back({claims[i].text, verdicts[i].measured, verdicts[i].holds, to_json(claims[i].source)});
  return result;
}

bool is_as_expected(const std::vector<Claim>& claims, const StoredRun& run) {
  const auto is_claimed = [&](const StoredCell& cell) {
    return std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) {
      return claim.has_answer(to_string(EndClass::diverged)) && selects(claim.where, cell.labels);
    });
  };
  return std::all_of(run.claims.begin(), run.claims.end(), [](const StoredClaim& claim) { return claim.holds; }) &&
         std::all_of(
             run.cells.begin(), run.cells.end(),
             [&](const StoredCell& cell) { return cell.end.end_class != EndClass::diverged || is_claimed(cell); }) &&
         std::all_of(run.missing.begin(), run.missing.end(),
                     [](const Missing& cell) { return cell.kind == Missing::Kind::skipped; });
}

}  // namespace tightrope
