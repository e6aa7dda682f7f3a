// Claims about a stored run or study, and what they say of it as a whole.
#pragma once

#include <vector>

#include "core/claims/claim.hpp"
#include "core/store/run_folder.hpp"

namespace tightrope {

/// One verdict for each claim; runs that failed count as such.
std::vector<StoredClaim> judged(const std::vector<Claim>& claims, const StoredRun& run);
/// Whether all stored claims are true, nothing is missing but what was skipped, and nothing diverged but where a claim
/// says so.
bool is_as_expected(const std::vector<Claim>& claims, const StoredRun& run);

}  // namespace tightrope
