// Cells that run together in one process: made, taken up where they were, advanced, checkpointed, published.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/experiment/experiment.hpp"

namespace tightrope {

struct BatchOptions {
  std::filesystem::path out;
  Real checkpoint_seconds = 5;       // of wall time between two checkpoints
  std::optional<Real> cell_seconds;  // of computing that one cell may take
  bool solo = true;                  // nothing else is computing: seconds are those of the cell alone
};

/// What a batch tells while it runs. Cells go by their index in the batch.
struct BatchListener {
  std::function<void(const std::vector<std::unique_ptr<Lane>>&)> round = [](const auto&) {};
  std::function<void(std::size_t)> done = [](std::size_t) {};  // its result is on disk
  std::function<void(std::size_t, const std::string&)> skipped = [](std::size_t, const std::string&) {};
  std::function<void(std::size_t, const std::string&)> failed = [](std::size_t, const std::string&) {};
  std::function<void(const std::string&)> warning = [](const std::string&) {};
  std::function<bool()> stop = [] { return false; };  // asked after every round
};

/// Runs the cells of an experiment as lanes of one engine, each from its checkpoint or from a shorter run that is
/// stored, if there is one, and publishes them as they end. A cell of a study whose parts do not fit together is
/// skipped; what else goes wrong is thrown. When asked to stop, writes checkpoints and publishes what has ended.
/// Returns the lanes, null for skipped cells.
std::vector<std::unique_ptr<Lane>> run_batch(const Experiment& experiment, std::shared_ptr<const Team> team,
                                             const BatchOptions& options, const BatchListener& listener);

}  // namespace tightrope
