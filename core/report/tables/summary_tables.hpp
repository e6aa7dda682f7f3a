// The tables of a study: what came out for each setting, and how methods compare.
#pragma once

#include "core/report/tables/table.hpp"
#include "core/study/findings/summary.hpp"

namespace tightrope {

/// How tables are laid out.
struct TableOptions {
  /// Which columns beside the labels: ends, the recorded column (or "final"), successes, iterations, passes, seconds.
  /// All if it is empty.
  std::vector<std::string> columns = {};
  /// One of these columns: methods as rows, settings as columns, one number each. "" for a row for each setting.
  std::string pivot = "";
  bool intervals = true;                          // behind medians and shares
  std::map<std::string, std::string> names = {};  // of axes, values, methods and columns, as they are to be shown
  bool bold = false;     // the best of the methods in each setting: fewest, smallest, most successes
  bool siunitx = false;  // LaTeX: columns of the type S and \num
  /// The comparisons within each group of settings, by its labels: whom they do not tell from the best is bold with it.
  std::map<Labels, Summary> tests = {};
};
/// Error(config) for a column, or a name to be changed, that the tables do not have, and for a pivot without methods.
void check(const TableOptions& options, const Summary& summary, const std::string& column);

/// One row for each setting, the values of `by` next to each other: ends, median of the final values of `column`,
/// iterations, passes and seconds until success, and how many runs succeed; medians and shares with their intervals.
/// Medians are over the repetitions of the one setting (and what Summary::pooled names).
Table table_of_settings(const Summary& summary, const std::string& column, const TableOptions& options = {});
/// The same for programs: every number in a column of its own, in full; inf where a median or an end of an interval is
/// not finite, empty where there is no such number.
Table numbers_of_settings(const Summary& summary, const std::string& column, const TableOptions& options = {});
/// One row for each method, one column for each setting, with options.pivot of it; `in_full`: as numbers for programs.
Table pivot_of_settings(const Summary& summary, const std::string& column, const TableOptions& options, bool in_full);
/// One row for each pair of methods: median ratios with Wilcoxon's p, successes with McNemar's p, after Holm's
/// correction.
Table table_of_comparisons(const Summary& summary, const TableOptions& options = {});

/// The corrected p of a ratio; "0.12 (4)" where not all repetitions of the comparison have a decided pair.
std::string p_of(const PairedRatio& ratio, const Comparison& comparison);

/// What the tables mean, a sentence each: the target, the intervals, what is counted how.
std::vector<std::string> notes_on(const Summary& summary, const std::string& column);

/// What the comparisons mean, and what so many repetitions can show at all.
std::vector<std::string> notes_on_comparisons(const Summary& summary);

/// Both tables of the most prominent column in one text, table | markdown | csv | latex, with the notes if asked for;
/// csv is numbers_of_settings alone. A pivot comes without comparisons.
std::string tables_of(const Summary& summary, const std::string& format, bool with_notes,
                      const TableOptions& options = {});

/// The labels of a setting that are not its method's, and all settings that have them, in the order of the file.
struct SettingGroup {
  Labels labels;
  std::vector<const Setting*> settings;  // they differ in the method alone
};
std::vector<SettingGroup> groups_of_settings(const Summary& summary);
/// Whether a setting is one of a method's.
bool is_of(const Method& method, const Setting& setting);

/// "7.0e-05 [5.1e-05, 9.3e-05]"; without an interval for a single value.
std::string with_interval(Real value, const Interval& interval, Index count);
/// "410 [370, 520]", "more than 600", "never"
std::string words_of(const TimeToSuccess& arrival);

}  // namespace tightrope
