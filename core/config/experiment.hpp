// From YAML to a checked, fully resolved experiment.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/config/node.hpp"
#include "core/config/claims.hpp"
#include "core/engine/lane.hpp"
#include "core/plugin/catalog.hpp"

namespace tightrope {

/// A plugin chosen in a config, with its parameters read.
struct Choice {
  std::shared_ptr<const Library> library;
  std::shared_ptr<const Maker> maker;
  Position position;
};

/// One fully specified run.
struct CellSpec {
  std::map<std::string, std::string> labels;  // {method: scaled_gd}; empty for a plain run
  std::uint64_t seed = 0;
  Node resolved;       // every value with its origin
  std::string key;     // SHA-256 over what decides the numbers; see cell_key in experiment.cpp
  std::optional<Shape> shape;
  std::optional<std::string> data_file;
  std::optional<Choice> target, noise;
  Choice op, loss, model, initialization, optimizer, step_size;
  struct Watched {
    Choice choice;
    Schedule schedule;
  };
  std::vector<Watched> observers;
  StopRules stop;
};

/// A whole file, checked: one cell for a plain run, several for `study:`.
struct Experiment {
  std::string name;
  bool is_study = false;
  std::vector<CellSpec> cells;
  std::vector<Claim> claims;
  Node resolved;       // of the file as a whole, with origins
};

/// Checks and resolves a merged tree. Throws ConfigError with every complaint in it.
Experiment resolve_experiment(const Node& tree, const Catalog& catalog);

/// Makes the components of all cells and their lanes; equal problems and equal operators are made once and shared.
/// Throws ConfigError (Unsuitable combinations, at the position of the choice) or Error.
std::vector<std::unique_ptr<Lane>> build_lanes(const Experiment& experiment, const Catalog& catalog,
                                               std::shared_ptr<const Team> team);
/// The problem of one cell alone (for `export --problem` and for reports).
std::shared_ptr<const SensingProblem> build_problem(const CellSpec& cell, std::shared_ptr<const Team> team);

}  // namespace tightrope
