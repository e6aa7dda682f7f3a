// What claims say, as lines over the data.
#pragma once

#include <vector>

#include "core/claims/claim.hpp"
#include "core/report/figures/figure.hpp"
#include "core/store/run_folder.hpp"
#include "core/study/findings/summary.hpp"

namespace tightrope {

/// The claims of a run as they were read from its file; those of older versions are left out.
std::vector<Claim> claims_of(const StoredRun& run);

/// For a column over a run, what is said of any of these runs: bounds and targets as levels; for each claimed rate or
/// exponent against this clock its fit to the run of median slope.
std::vector<Overlay> overlays_of(const std::vector<Claim>& claims, const std::string& column, const Clock& clock,
                                 const std::vector<const StoredCell*>& runs);
/// The level of a criterion on this column.
std::vector<Overlay> overlays_of(const std::optional<SuccessCriterion>& criterion, const std::string& column);
/// For a quantity over an axis of the study, the fits that claims ask for, to these runs; one curve for all that is
/// claimed of the same fit.
std::vector<Overlay> fits_along_axis(const std::vector<Claim>& claims, const Quantity& quantity,
                                     const std::string& axis, const std::vector<const StoredCell*>& runs);

/// Adds overlays to a panel, equal ones once.
void add_overlays(Panel& panel, std::vector<Overlay> overlays);
/// Once a plot has all its overlays: each level is drawn once in a panel, under one name for all that is said of it
/// ("success, target: relative error < 0.01; claim: final relative error < 0.01"); fits of one claim share a name with
/// their slopes; each name has its own dashes.
void name_overlays(Plot& plot);

}  // namespace tightrope
