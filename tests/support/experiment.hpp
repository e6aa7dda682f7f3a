// Experiments written as YAML in a test, with the plugins of this build.
#pragma once

#include <map>
#include <string>

#include "core/engine/engine.hpp"
#include "core/experiment/experiment.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

inline std::vector<std::unique_ptr<Lane>> lanes_of(const std::string& yaml,
                                                   const std::vector<std::string>& assignments = {}) {
  const Catalog catalog({std::filesystem::path(TIGHTROPE_BUILD_DIR) / "plugins"});
  Node tree = parse_yaml(yaml, "test.yaml");
  for (const std::string& assignment : assignments) apply_assignment(tree, assignment, "--set");
  return build_lanes(resolve_experiment(tree, catalog), std::make_shared<const Team>(2));
}

inline std::vector<std::unique_ptr<Lane>> run_all(const std::string& yaml,
                                                  const std::vector<std::string>& assignments = {}) {
  auto lanes = lanes_of(yaml, assignments);
  Engine().run(lanes);
  return lanes;
}

inline std::unique_ptr<Lane> run_one(const std::string& yaml, const std::vector<std::string>& assignments = {}) {
  return std::move(run_all(yaml, assignments).front());
}

/// Recovery from measurements a tenth of which are outliers, by subgradient descent with Polyak's step.
inline std::string robust_sensing(int condition, int iterations, const std::string& observers) {
  return R"(
seed: 4
problem:
  shape: [20, 15]
  target:   {type: random_low_rank, rank: 2, condition: )" +
         std::to_string(condition) + R"(}
  operator: {type: gaussian, measurements: 600}
  noise: {type: sparse_outliers, fraction: 0.1}
loss: absolute
model: {type: asymmetric, rank: 2}
initialization: spectral
optimizer: {type: gradient_descent, step: polyak}
stop: {iterations: )" +
         std::to_string(iterations) + "}\nobservers: " + observers + "\n";
}

/// Why an experiment cannot be run, or how it failed; "" if it ran.
inline std::string message_of(const std::string& yaml, const std::vector<std::string>& settings) {
  try {
    run_one(yaml, settings);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// A column of the trace.
inline std::vector<Real> column(const Lane& lane, const std::string& name) {
  return lane.trace().column(lane.trace().find(name).value());
}
/// Last value of a column.
inline Real last(const Lane& lane, const std::string& column) {
  return lane.trace().last(lane.trace().find(column).value());
}
/// Value of a column at an iteration that was recorded.
inline Real at(const Lane& lane, const std::string& column, Index iteration) {
  for (const auto& row : lane.trace().rows)
    if (row[0] == static_cast<Real>(iteration)) return row[lane.trace().find(column).value()];
  return std::nan("");
}

}  // namespace tightrope
