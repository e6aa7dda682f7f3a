// The only loop over iterations in the program.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/engine/lane.hpp"

namespace tightrope {

/// Advances a batch of lanes in lock step; a single run is a batch of one. In each round all active lanes that share
/// an operator are evaluated in one pass over it. Lanes end and diverge alone, and a lane's numbers are bit-equal to
/// those of its solo run.
class Engine {
 public:
  /// Called after every round with all lanes, for progress lines.
  using Watcher = std::function<void(const std::vector<std::unique_ptr<Lane>>&)>;

  explicit Engine(Watcher watcher = {}) : watcher_(std::move(watcher)) {}
  /// Runs every lane to its end.
  void run(std::vector<std::unique_ptr<Lane>>& lanes) const;

 private:
  Watcher watcher_;
};

}  // namespace tightrope
