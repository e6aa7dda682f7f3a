// What the record of a run keeps beside its trace, in words.
#pragma once

#include <optional>
#include <string>

#include "core/store/cells/cell.hpp"

namespace tightrope {

/// The iteration that the rule `keep` kept.
std::optional<Index> kept_iteration(const StoredCell& cell);
/// "iteration 132, where validation_error is smallest (0.0123): relative_error 0.034", with the prominent columns of
/// that iterate; "" where no rule kept one.
std::string kept_in_words(const StoredCell& cell);
/// "rebalanced at iterations 12, 40 and 92", "rebalanced at 300 iterations from 1 to 300", one phrase for each word;
/// "" without marks.
std::string marks_in_words(const Trace& trace);

}  // namespace tightrope
