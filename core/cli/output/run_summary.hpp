// What `run` prints of a finished run or study.
#pragma once

#include "core/study/findings/summary.hpp"

namespace tightrope::cli {

/// Ends, last values, what is missing, what it cost (`seconds` in all), and claims with verdicts, on standard output.
/// `stored_before`: how many of the runs were stored already.
void print_summary(const StoredRun& run, std::size_t stored_before, double seconds);

}  // namespace tightrope::cli
