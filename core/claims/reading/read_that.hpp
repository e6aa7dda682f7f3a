// What a claim speaks of: a quantity of each run, or a topic.
#pragma once

#include "core/claims/claim.hpp"

namespace tightrope {

/// Reads all that `that` can say; false if the words are something else.
bool read_that(const Words& words, Claim& claim);
/// What is wrong with such a `that`.
std::string complaint_of_that(const Node& that);
/// What is wrong with a column that stands alone, where a quantity should; empty for other words.
std::string complaint_of_column(const Words& words);

}  // namespace tightrope
