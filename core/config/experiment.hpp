// From YAML to a checked, fully resolved experiment.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/config/claims.hpp"
#include "core/config/node.hpp"
#include "core/engine/lane.hpp"
#include "core/plugin/catalog.hpp"

namespace tightrope {

/// A plugin chosen in a config, with its parameters read.
struct Choice {
  std::shared_ptr<const Library> library;
  std::shared_ptr<const Maker> maker;
  Node resolved;                    // {type: name, every parameter: value}
  Position position;                // of the name
  std::string description() const;  // "optimizer 'x'"
};

/// A data file that a config names. Records hold the text as written and the digest; where the file lies is provenance.
struct DataFile {
  std::string written, path, sha256;
};

/// One fully specified run.
struct CellSpec {
  std::map<std::string, std::string> labels;  // {method: scaled_gd}; empty for a plain run
  std::uint64_t seed = 1;
  Node resolved;    // every value with its origin; resolves to the same cell again
  std::string key;  // SHA-256 of everything that decides the numbers, budgets (iterations, time) apart
  std::optional<Shape> shape;
  Position shape_position;
  std::optional<std::string> data_file;
  Position data_position;
  std::vector<DataFile> files;
  std::optional<Choice> target, noise;
  Choice op, loss, model, initialization, optimizer, step_size;
  struct Watched {
    Choice choice;
    Schedule schedule;
    bool recorded = true;  // false: looks on for a stop rule only
  };
  std::vector<Watched> observers;
  StopRules stop;
  std::vector<Position> threshold_positions;  // one per stop.thresholds
};

/// A whole file, checked: one cell for a plain run, one per method for `study:`.
struct Experiment {
  std::string name;
  bool is_study = false;
  std::vector<CellSpec> cells;
  std::vector<Claim> claims;
};

/// Checks and resolves a merged tree. Throws ConfigError with every complaint in it, Error(plugin) for a plugin that
/// is there but cannot be used.
Experiment resolve_experiment(const Node& tree, const Catalog& catalog);

/// Makes the components of all cells and their lanes, in the order of the cells; equal problems and equal operators are
/// made once and shared. Throws ConfigError (combinations that make no sense, unknown columns) or Error.
std::vector<std::unique_ptr<Lane>> build_lanes(const Experiment& experiment, std::shared_ptr<const Team> team);
/// The problem of one cell alone.
std::shared_ptr<const SensingProblem> build_problem(const CellSpec& cell, std::shared_ptr<const Team> team);
/// The model of one cell, for a problem that was built from it.
std::shared_ptr<const FactorizationModel> build_model(const CellSpec& cell, const SensingProblem& problem);

/// The core's own sections of a config, for the reference page.
struct SectionDoc {
  std::string name, text;
  std::vector<Parameter> parameters;
};
std::vector<SectionDoc> config_reference();

}  // namespace tightrope
