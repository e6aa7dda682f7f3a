// What the reader of a result should know beside its numbers.
#pragma once

#include <string>
#include <vector>

#include "core/store/run_folder.hpp"

namespace tightrope {

/// The warnings of the parts of all runs, each once, with the number of runs if not all have it.
std::vector<std::string> warnings_of(const StoredRun& run);
/// A sentence for each observer that took more than a third of the time of all runs together, and a tenth of a second
/// at least.
std::vector<std::string> costly_observers(const StoredRun& run);

}  // namespace tightrope
