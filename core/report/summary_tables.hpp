// The tables of a study: what came out for each setting, and how methods compare.
#pragma once

#include "core/report/table.hpp"
#include "core/study/summary.hpp"

namespace tightrope {

/// One row for each setting, the values of `by` next to each other: ends, median of the final values of `column`,
/// iterations, passes and seconds until success, and how many runs succeed; medians and shares with their intervals.
Table table_of_settings(const Summary& summary, const std::string& column);
/// The same for programs: every number in a column of its own, in full; inf where a median or an end of an interval is
/// not finite, empty where there is no such number.
Table numbers_of_settings(const Summary& summary, const std::string& column);
/// One row for each pair of methods: median ratios with Wilcoxon's p, successes with McNemar's p, after Holm's
/// correction.
Table table_of_comparisons(const Summary& summary);

/// What the tables mean, a sentence each: the target, the intervals, what is counted how.
std::vector<std::string> notes_on(const Summary& summary, const std::string& column);

/// Both tables of the most prominent column in one text, table | markdown | csv | latex, with the notes if asked for;
/// csv is numbers_of_settings alone.
std::string tables_of(const Summary& summary, const std::string& format, bool with_notes);

/// "7.0e-05 [5.1e-05, 9.3e-05]"; without an interval for a single value.
std::string with_interval(Real value, const Interval& interval, Index count);
/// "410 [370, 520]", "more than 600", "never"
std::string words_of(const Arrival& arrival);

}  // namespace tightrope
