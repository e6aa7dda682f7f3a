#include "core/study/predict.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

namespace {

constexpr int most_trial_rounds = 60;
constexpr Real seconds_to_store = 0.01;  // a cell that computes for next to nothing takes about that

using Steady = std::chrono::steady_clock;

Real since(Steady::time_point start) { return std::chrono::duration<Real>(Steady::now() - start).count(); }

void erase_seeds(Node& node) {
  std::erase_if(node.entries, [](const Node::Entry& entry) { return entry.key == "seed" || entry.key == "seeds"; });
  for (Node::Entry& entry : node.entries) erase_seeds(entry.value);
}

/// Equal for groups that do the same work with other random numbers.
std::string work_of(const Experiment& experiment, const CellIndices& group) {
  std::string work;
  for (const std::size_t i : group) {
    Node spec = experiment.cells[i].resolved;
    erase_seeds(spec);
    work += to_json(spec, true) + "\n";
  }
  return work;
}

/// Seconds of each cell of a group; null where they are not to be had.
std::vector<std::optional<Real>> try_group(const Experiment& experiment, const CellIndices& group,
                                           const std::shared_ptr<const Team>& team) {
  std::vector<std::optional<Real>> seconds(group.size());
  Experiment part;
  part.name = experiment.name;
  part.is_study = true;
  part.success = experiment.success;
  for (const std::size_t i : group) part.cells.push_back(experiment.cells[i]);
  try {
    const auto start = Steady::now();
    const auto lanes = build_lanes(part, team, [](std::size_t, const UnsuitableCell&) {});
    const Real making = since(start) / static_cast<Real>(group.size());
    const auto predictions = predict(lanes);
    for (std::size_t i = 0; i < group.size(); ++i)
      if (!predictions[i])
        seconds[i] = making;  // a cell that will be skipped
      else if (predictions[i]->seconds > 0)
        seconds[i] = making + predictions[i]->seconds;
  } catch (const Error& error) {
    if (error.code() != Exit::resources) throw;
  } catch (const std::bad_alloc&) {
    // Too large for this machine; the one that runs it may be larger.
  }
  return seconds;
}

}  // namespace

std::vector<std::optional<Forecast>> predict(const std::vector<std::unique_ptr<Lane>>& lanes) {
  std::vector<Lane*> active;
  for (const auto& lane : lanes)
    if (lane) active.push_back(lane.get());
  const std::size_t together = active.size();
  std::map<const Lane*, int> rounds;
  Real seconds = 0;
  for (int round = 0; round < most_trial_rounds && !active.empty(); ++round) {
    const auto start = Steady::now();
    Lane::evaluate(active);
    for (Lane* lane : active) {
      lane->process_evaluation();
      ++rounds[lane];
    }
    const Real taken = since(start);
    // The first round meets cold caches; later ones may be disturbed, but never too fast.
    if (active.size() == together) seconds = round < 2 ? taken : std::min(seconds, taken);
    std::erase_if(active,
                  [](const Lane* lane) { return lane->end() || lane->iterate().iteration >= trial_iterations; });
  }
  std::vector<std::optional<Forecast>> predictions(lanes.size());
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    if (!lanes[i]) continue;
    const Lane& lane = *lanes[i];
    const auto done = static_cast<Real>(std::max<Index>(1, lane.iterate().iteration));
    const auto limit = lane.setup().stop.iterations;
    const Real share = seconds / static_cast<Real>(together);
    const Real rounds_each = std::max<Real>(1, static_cast<Real>(rounds[&lane] - 1) / done);
    const Real before = lane.trace().rows.empty() ? 1 : lane.trace().rows.front()[1];  // passes of the start
    const Real passes_each = std::max<Real>(0, lane.counters().passes() - before) / done;
    Forecast& own = predictions[i].emplace();
    if (limit) {
      own.passes = before + passes_each * static_cast<Real>(*limit);
      own.seconds = share * (1 + rounds_each * static_cast<Real>(*limit));
    }
    if (const auto most = lane.setup().stop.seconds; most && (!limit || *most < own.seconds)) {
      own.passes = before + passes_each * *most / (share * rounds_each);
      own.seconds = *most;
    }
  }
  return predictions;
}

std::vector<Real> predicted_seconds(const Experiment& experiment, const CellIndices& open, bool lanes, Real budget) {
  const auto start = Steady::now();
  const auto team = std::make_shared<const Team>(1);
  std::map<std::string, std::vector<std::optional<Real>>> known;
  std::map<std::size_t, std::optional<Real>> seconds;
  for (const CellIndices& group : lane_groups(experiment.cells, open, lanes)) {
    const std::string work = work_of(experiment, group);
    auto own = known.find(work);
    if (own == known.end() && since(start) < budget)
      own = known.emplace(work, try_group(experiment, group, team)).first;
    for (std::size_t i = 0; own != known.end() && i < group.size(); ++i)
      if (const auto& computing = own->second[i]) seconds[group[i]] = *computing + seconds_to_store;
  }
  Real sum = 0, count = 0;
  for (const auto& [cell, own] : seconds)
    if (own) {
      sum += *own;
      ++count;
    }
  std::vector<Real> all;
  for (const std::size_t i : open) all.push_back(seconds[i].value_or(count > 0 ? sum / count : 60));
  return all;
}

}  // namespace tightrope
