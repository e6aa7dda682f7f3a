// The curves of a study as numbers for pgfplots, gnuplot and the like.
#pragma once

#include <string>

#include "core/study/summary.hpp"

namespace tightrope {

/// A table with blanks between its columns: for each setting (i = 0, 1, …) iteration_i, median_i, low_i and high_i of
/// the column over its repetitions, low and high the quartiles (core/report/figures/curves/bands.hpp). Rows beyond a
/// curve's end are nan, which pgfplots leaves out. The comments above the table, behind #, say which setting is which
/// and how pgfplots draws the table; `file` is the name under which it will be found.
std::string plot_data(const StoredRun& run, const Summary& summary, const std::string& column, const std::string& file);

}  // namespace tightrope
