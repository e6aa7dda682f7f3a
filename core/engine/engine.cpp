#include "core/engine/engine.hpp"

namespace tightrope {

void Engine::run(std::vector<std::unique_ptr<Lane>>& lanes) const {
  std::vector<Lane*> active;
  for (const auto& lane : lanes) active.push_back(lane.get());
  for (;;) {
    std::erase_if(active, [](const Lane* lane) { return lane->end().has_value(); });
    if (active.empty()) break;
    Lane::evaluate(active);
    for (Lane* lane : active) lane->process_evaluation();
    if (watcher_) watcher_(lanes);
  }
  asked_at(Asked::no_iteration);  // whoever is asked from here on, no run asks
}

}  // namespace tightrope
