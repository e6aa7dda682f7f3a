// How much memory a cell's operator takes, known before it is made.
#pragma once

#include <cstdint>
#include <memory>

#include "core/experiment/experiment.hpp"

namespace tightrope {

/// Bytes that the operator of a cell holds. An operator asks for its memory before it takes any (require_memory), and
/// here that is all it comes to; one that reads a file holds about as much as the file. 0 where it cannot be made: why,
/// somebody else will say.
std::uint64_t operator_bytes(const CellSpec& cell, const std::shared_ptr<const Team>& team);

}  // namespace tightrope
