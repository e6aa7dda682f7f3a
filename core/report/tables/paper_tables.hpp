// The tables of a study as a paper has them.
#pragma once

#include <string>
#include <vector>

#include "core/report/tables/summary_tables.hpp"

namespace tightrope {

/// "settings" and, where methods are compared, "comparisons".
std::vector<std::string> paper_table_names(const Summary& summary);

/// A \begin{table} for \input, by the packages booktabs, siunitx and graphicx: `name` is one of paper_table_names. Its
/// caption says what the numbers are, over how many repetitions, and by which tests and corrections. It is about
/// `width` (mm) wide: a table of settings has as many of its columns as that takes, unless options.columns chooses; a
/// pivot is cut into blocks below each other; what is still too wide is made smaller by LaTeX.
std::string paper_table(const Summary& summary, const std::string& name, const TableOptions& options, Real width);

/// The comparisons of methods within each group of settings, by the labels of the group, for TableOptions::tests;
/// none without methods.
std::map<Labels, Summary> tests_of(const StoredRun& run, const Summary& summary);

}  // namespace tightrope
