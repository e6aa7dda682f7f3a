// What decides the numbers of a run, as its record states it.
#pragma once

#include "core/experiment/experiment.hpp"
#include "core/store/files/json.hpp"

namespace tightrope {

/// Version, resolved spec, plugins and data files with their digests, and how the program was built.
Json identity_of(const CellSpec& cell);

}  // namespace tightrope
