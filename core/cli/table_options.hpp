// Options of the verbs that print tables of a study.
#pragma once

#include "core/cli/verb.hpp"
#include "core/report/tables/summary_tables.hpp"
#include "core/study/findings/summary.hpp"

namespace tightrope::cli {

/// --by, --column, --success, --pool: what is summed up; --columns, --pivot, --rename, --bold: how it is laid out.
void declare_table_options(po::options_description& options);
/// What the call lays out. Error(config) for options that do not go together.
TableOptions read_layout(const Call& call);
/// The summary that the call asks for; sets run.success to --success if it is given. `by`: what is compared if the call
/// does not say.
Summary read_summary(const Call& call, StoredRun& run, const std::optional<std::string>& by = {});

}  // namespace tightrope::cli
