// Plugins that did not come with the program, before they are used.
#pragma once

#include "core/cli/verb.hpp"

namespace tightrope::cli {

/// A quick examination of each, once (core/conformance/process/isolated.hpp). Throws Error(plugin) with the cause for
/// an operator, loss, model or problem whose mathematics is wrong, unless --allow-failing-plugins is given; all else
/// that is found is a warning on standard error. Answers with those that have not passed `tightrope test`, as
/// "optimizer 'x' (FILE)".
std::vector<std::string> examine_outside_plugins(const Call& call, const Experiment& experiment);

}  // namespace tightrope::cli
