// An experiment whose operators several processes hold together (core/numbers/ranks.hpp).
#pragma once

#include <filesystem>
#include <vector>

#include "core/experiment/experiment.hpp"
#include "core/numbers/ranks.hpp"

namespace tightrope {

/// Tells the others where plugins are, before anything else; by the leader, once for each experiment.
void begin_experiment(Ranks& ranks, const std::vector<std::filesystem::path>& plugin_folders);
/// What the others need to make the operator of a cell.
void describe_operator(Ranks& ranks, const CellSpec& cell, Shape shape);
/// Ends the experiments of all ranks, and returns how many bytes all of them have sent; by the leader.
std::uint64_t end_experiments(Ranks& ranks, int exit_code);

/// Answers the leader until it ends the experiments, and returns the exit code that it gives. By the others.
int serve(Ranks& ranks, unsigned threads);

}  // namespace tightrope
