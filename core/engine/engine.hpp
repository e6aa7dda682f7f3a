// The only loop over iterations in the program.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/engine/lane.hpp"

namespace tightrope {

/// Advances a batch of lanes in lock step; a single run is a batch of one. In each phase all active lanes with the
/// same partner are evaluated in one pass over what they share. Lanes end and diverge alone, and a lane's numbers are
/// bit-equal to its solo run.
class Engine {
 public:
  /// Called after every round of the loop with all lanes, for progress lines; must not throw.
  using Watcher = std::function<void(const std::vector<std::unique_ptr<Lane>>&)>;

  explicit Engine(Watcher watcher = {}) : watcher_(std::move(watcher)) {}
  /// Runs every lane to its end.
  void run(std::vector<std::unique_ptr<Lane>>& lanes) const;

 private:
  Watcher watcher_;
};

}  // namespace tightrope
