// `run` as one of several processes that mpirun has started.
#pragma once

#include <memory>

#include "core/cli/verb.hpp"
#include "core/numbers/ranks.hpp"

namespace tightrope::cli {

/// What --ranks says, which was given.
Index wanted_ranks(const Call& call);

/// Runs what --ranks says, or what mpirun has begun: this process becomes mpirun, serves another one until its end, or
/// leads the others through run(call). Where neither is the case, run(call) in this process alone. check(call)
/// complains of what is wrong before mpirun has something to add.
Exit run_on_ranks(const Call& call, const std::function<void(const Call&)>& check,
                  const std::function<Exit(const Call&)>& run);

}  // namespace tightrope::cli
