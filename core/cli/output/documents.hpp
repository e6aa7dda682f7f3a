// What the program tells other programs about stored runs. JSON has no infinite numbers: they are the texts "inf" and
// "-inf", as float() in Python reads them; null is what is not there, or no number.
#pragma once

#include "core/store/files/json.hpp"
#include "core/study/findings/summary.hpp"

namespace tightrope::cli {

/// Name, cells with ends and last values, what is missing and why, claims with verdicts.
Json document_of(const StoredRun& run);
/// The whole summary; `run` is what it was made from.
Json document_of(const Summary& summary, const StoredRun& run);

}  // namespace tightrope::cli
