// The sections of a page, each as HTML.
#pragma once

#include <string>
#include <vector>

#include "core/report/figures/figure.hpp"
#include "core/report/figures/phase_diagrams.hpp"
#include "core/report/report.hpp"
#include "core/study/summary.hpp"

namespace tightrope {

// --- what came out ---
/// Which paper's law the run shows, and whether it was published with these parameters; "" if it is of no paper.
std::string paper_section(const StoredRun& run);
/// How a run ended, or how many runs of a study ended how.
std::string summary_section(const StoredRun& run, const Summary& summary);
/// Warnings, and observers that took much of the time; "" if there are none.
std::string remarks_section(const StoredRun& run);
std::string claims_section(const StoredRun& run);
/// Settings with ends, success, final values and times to the target; where they are many, first the methods with what
/// can be counted over all of them.
std::string methods_section(const Summary& summary);
/// Paired comparisons of methods.
std::string comparison_section(const Summary& summary);
/// What trials have chosen for whom, and what each was given to choose; "" where nothing was tuned.
std::string tuned_section(const StoredRun& run);
/// One row for each run, and why some did not end well.
std::string runs_section(const StoredRun& run, const Summary& summary);
/// Each truth once, then the estimates of the runs that share it, and their errors. Of large matrices the entries of
/// some rows and columns are shown, which come straight from the factors.
std::string truth_section(const StoredRun& run, const Pictures& pictures);

// --- figures ---
/// The choice of the clock that all figures of the page follow; those that do not know flow time keep to iterations.
std::string clock_switch(const StoredRun& run);
/// Figures that the script draws, with a drawing for readers without it.
std::string curves_section(const std::vector<Figure>& figures, const std::string& how);
/// Figures that are drawings only.
std::string drawings_section(const std::string& heading, const std::vector<Figure>& figures);
std::string phase_section(const std::vector<PhaseDiagram>& diagrams);
/// The interactive figures as JSON that cannot end its script element.
std::string data_of(const std::vector<Figure>& figures);

// --- what was asked ---
/// The experiment at a glance: one row a component.
std::string setup_section(const StoredRun& run);
/// The resolved spec, and version, machine, keys and digests.
std::string origin_section(const StoredRun& run);

}  // namespace tightrope
