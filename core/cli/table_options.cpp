#include "core/cli/table_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace tightrope::cli {

namespace {

SuccessCriterion success_of(const Call& call) {
  std::vector<Diagnostic> diagnostics;
  const std::string text = call.text("success");
  const auto success = read_success(Node::make_scalar(text, {"--success " + excerpt(text), 1, 1}), diagnostics);
  if (!success) throw ConfigError(std::move(diagnostics));
  return *success;
}

/// "a, b,c" as its parts.
std::vector<std::string> listed(const Call& call, const char* option) {
  std::vector<std::string> parts;
  if (!call.has(option)) return parts;
  std::istringstream text(call.text(option));
  for (std::string part; std::getline(text, part, ',');) {
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(' ') + 1);
    if (part.empty()) throw Error(Exit::config, fmt::format("--{} has an empty part", option));
    parts.push_back(part);
  }
  return parts;
}

}  // namespace

void declare_table_options(po::options_description& options) {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  options.add_options()("by", text("AXIS"), "axis whose values are compared (default: the methods)");
  options.add_options()("column", text("NAME"), "whose final values are shown (default: the most prominent)");
  options.add_options()("success", text("COMPARISON"),
                        "what a run must reach, e.g. \"relative_error < 1e-6\" (default: the study's)");
  options.add_options()("pool", text("AXES"), "settings that differ in these axes alone as one, e.g. level,rank");
  options.add_options()("columns", text("NAMES"),
                        "of the tables: ends, the recorded column, successes, iterations, passes, seconds");
  options.add_options()("pivot", text("NAME"), "one of these: methods as rows, settings as columns");
  options.add_options()("rename", po::value<std::vector<std::string>>()->value_name("NAME=TEXT"),
                        "how a method, value, axis or column is called in the tables; may be repeated");
  options.add_options()("bold", "the best method of each setting in bold");
}

TableOptions read_layout(const Call& call) {
  TableOptions options;
  options.columns = listed(call, "columns");
  if (call.has("pivot")) options.pivot = call.text("pivot");
  options.bold = call.has("bold");
  for (const std::string& text : call.texts("rename")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Error(Exit::config,
                  fmt::format("--rename must be NAME=TEXT, such as scaled=\"Scaled GD\", but it is '{}'", text));
    options.names[text.substr(0, equals)] = text.substr(equals + 1);
  }
  if (!options.pivot.empty() && !options.columns.empty())
    throw Error(Exit::config, "--pivot shows one column alone, so there is nothing to choose with --columns");
  return options;
}

Summary read_summary(const Call& call, StoredRun& run, const std::optional<std::string>& by) {
  SummaryOptions options;
  options.by = by;
  if (call.has("by")) options.by = call.text("by");
  if (call.has("column")) options.columns = {call.text("column")};
  options.pool = listed(call, "pool");
  if (call.has("success")) {
    run.success = success_of(call);
    const bool is_recorded = std::ranges::any_of(
        run.cells, [&](const StoredCell& cell) { return cell.trace.find(run.success->column).has_value(); });
    if (!is_recorded)
      throw Error(Exit::config, fmt::format("no run of {} records the column '{}' that --success speaks of", run.name,
                                            run.success->column));
  }
  return summarize(run, options);
}

}  // namespace tightrope::cli
