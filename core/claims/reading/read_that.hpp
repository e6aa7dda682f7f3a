// What a claim speaks of: a quantity of each run, a success, a fit over a label, or the end.
#pragma once

#include "core/claims/claim.hpp"

namespace tightrope {

/// Reads all that `that` can say; false if the words are something else.
bool read_that(const Words& words, Claim& claim);
/// What is wrong with such a `that`.
std::string complaint_of_that(const Node& that);

}  // namespace tightrope
