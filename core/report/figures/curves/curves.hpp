// The figures of a run and of a study.
#pragma once

#include <vector>

#include "core/report/figures/facets.hpp"
#include "core/store/run_folder.hpp"
#include "core/study/findings/summary.hpp"

namespace tightrope {

/// Curves of one run: what is prominent together, the rest apart; columns that share a name up to a number (sigma_1,
/// sigma_2, …) form one figure.
std::vector<Figure> curves_of_run(const StoredRun& run);

/// Curves of a study: for each column the median of the repetitions with a band, a series for each method, a panel for
/// each value of the other axes. Columns that are not prominent are left out where there are many settings.
std::vector<Figure> curves_of_study(const StoredRun& run, const Summary& summary);

/// Medians over each numeric axis: the time to the target, and the final value of the most prominent column.
std::vector<Figure> figures_along_axes(const StoredRun& run, const Summary& summary);

/// Performance profiles; none without a criterion, or for fewer than two methods or problems.
std::vector<Figure> profile_figures(const Summary& summary);

/// A figure of curves with a plot for each clock: with the panels of `facets`, or with a single one.
Figure empty_figure(const StoredRun& run, const std::string& id, const std::string& title,
                    const std::string& description, const std::string& y_label, const Facets* facets = nullptr);
/// Whether the numbers are positive, and the largest is ten times the smallest: their axis is logarithmic.
bool spans_a_decade(const std::vector<Real>& values);
/// A column as any of the runs declares it; null if none has it.
const Column* find_column(const StoredRun& run, const std::string& name);
/// What the curves of a run can be drawn over: all costs, and other clocks, such as flow time, where all of its traces
/// have them.
std::vector<Clock> clocks_of(const StoredRun& run);
/// What an axis says of a clock: "passes over the operator".
std::string in_words(const Clock& clock, const StoredRun& run);
/// Whether a column is drawn at all: the time is an axis, and a step size that never changes is no curve.
bool is_drawn(const Trace& trace, Index column);
/// The column whose course this one predicts, if the trace has it; else this column is a curve like any other.
std::optional<Index> predicted_by(const Trace& trace, Index column);
/// "sigma_4" → "sigma"; "" if the name does not end in a number.
std::string family_of(const std::string& column);
/// "singular value 3 of X" → "singular value i of X" for sigma_3
std::string of_any_index(std::string description, const std::string& column);

/// The curves of a study as a table for pgfplots, gnuplot and the like, with blanks between its columns: for each
/// setting (i = 0, 1, …) iteration_i, median_i, low_i and high_i of the column over its repetitions, low and high the
/// quartiles (core/report/figures/curves/bands.hpp). Rows beyond a curve's end are nan, which pgfplots leaves out. The
/// comments above the table, behind #, say which setting is which and how pgfplots draws the table; `file` is the name
/// under which it will be found.
std::string plot_data(const StoredRun& run, const Summary& summary, const std::string& column, const std::string& file);

}  // namespace tightrope
