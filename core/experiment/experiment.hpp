// From YAML to a checked, fully resolved experiment.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/claims/claim.hpp"
#include "core/engine/data/batches.hpp"
#include "core/engine/lane.hpp"
#include "core/grid/grid.hpp"
#include "core/interfaces/factorization_model.hpp"
#include "core/plugin/catalog.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

/// A plugin chosen in a config, with its parameters read.
struct PluginSpec {
  std::shared_ptr<const Library> library;
  std::shared_ptr<const Maker> maker;
  std::shared_ptr<const Node> resolved;  // {type: name, every parameter: value}, without what others add to it
  Position position;                     // of the name
  std::string description() const;       // "optimizer 'x'"
};

/// A data file that a config names. Records hold the text as written and the digest; where the file lies is provenance.
struct DataFile {
  std::string written, path, sha256;
};

/// One fully specified run.
struct CellSpec {
  std::map<std::string, std::string> labels;   // {method: scaled_gd}; empty for a plain run
  std::uint64_t seed = 1;                      // names the random numbers of the run …
  std::map<std::string, std::uint64_t> seeds;  // … but for these parts (target, operator, noise, initialization)
  std::uint64_t seed_of(const std::string& part) const;
  Node resolved;    // every value with its origin; resolves to the same cell again
  std::string key;  // SHA-256 of everything that decides the numbers, budgets (iterations, time) apart; empty while
                    // a value waits for trials, and a candidate stands in its place
  bool needs_tuning() const { return key.empty(); }
  std::optional<Shape> shape;
  Position shape_position;
  std::optional<std::string> data_file;
  Position data_position;
  std::vector<DataFile> files;
  /// A problem that is not sensing; then there are no target, operator, noises, loss and model.
  std::optional<PluginSpec> problem;
  std::optional<PluginSpec> target;
  std::vector<PluginSpec> noises, penalties;  // in the order of the file
  PluginSpec op, loss, model, initialization, optimizer;
  std::optional<PluginSpec> step_size, perturbation, projection;
  std::optional<BatchRule> batch;
  Position batch_position;
  std::optional<Real> hold_out;  // share of the measurements that is held out
  Position hold_out_position;
  std::optional<KeepRule> keep;
  Position keep_position;
  struct Watched {
    PluginSpec choice;
    Schedule schedule;
    bool recorded = true;  // false: looks on for a stop rule only
  };
  std::vector<Watched> observers;
  StopRules stop;
  std::vector<Position> threshold_positions;  // one per stop.thresholds
  /// Every plugin of the run that was found, in a fixed order, with the path of its section: "problem.target".
  std::vector<std::pair<std::string, const PluginSpec*>> parts() const;
};

/// What the page of a paper says of one of its configs.
struct PaperNote {
  std::string authors, title, published, link;
  std::string is, source;  // "replica" or "derived", of or from "Fig. 2"
  std::string shows;       // the law that is seen to hold
  std::string cite;        // the paper's key in docs/references.bib
};

/// A whole file, checked: one cell for a plain run, many for `study:`.
struct Experiment {
  std::string name;
  Node config;  // the merged tree that it was made from
  bool is_study = false;
  StudyRules rules;
  std::vector<StudyAxis> axes;  // what the cells of the whole study differ in, in the order of the file
  std::vector<CellSpec> cells;  // those that were asked for
  std::vector<Claim> claims;
  std::optional<SuccessCriterion> success;  // what a run must reach; null if neither study nor stop rules say so
  std::vector<TunedSetting> settings;       // of the cells that were asked for, those in which a value is tuned
  std::optional<PaperNote> paper;           // whoever reads the file from a paper's folder says so
  std::vector<Tuned> tuned;                 // what was chosen for them; empty before the trials
};

/// Checks and resolves a merged tree. Throws ConfigError with every complaint in it, Error(plugin) for a plugin that
/// is there but cannot be used. A selection leaves out cells of a study, and claims that speak of none of the others.
/// `tuned` holds the values of all tuned settings, or none: then their cells wait.
Experiment resolve_experiment(const Node& tree, const Catalog& catalog, const Selection& selection = {},
                              const std::vector<Tuned>& tuned = {});
/// What can be made of a run without the rest of it.
enum class Part {
  truth,    // the target
  problem,  // target, operator, noise and data
  model
};
/// One part of a single run's config, checked and resolved: of the cell only what that part consists of is there.
/// Throws as resolve_experiment does, over this part alone.
CellSpec resolve_part(const Node& tree, const Catalog& catalog, Part part);
/// Checks and resolves configs of single runs that have most in common, each with its labels.
std::vector<CellSpec> resolve_cells(const std::vector<std::pair<Node, Labels>>& trees, const Catalog& catalog);

/// Thrown where the parts of a cell do not fit together: an error in a plain run, a reason to skip a cell of a study.
class UnsuitableCell : public ConfigError {
 public:
  explicit UnsuitableCell(Diagnostic diagnostic);
  std::string reason() const;  // position and sentence, in one line
};

/// Told of a cell whose parts do not fit together: its index, and why.
using SkipListener = std::function<void(std::size_t, const UnsuitableCell&)>;
/// Makes the components of all cells and their lanes, in the order of the cells; equal problems and equal operators are
/// made once and shared. With `skipped`, cells whose parts do not fit together are told and have no lane (null). Throws
/// ConfigError (such combinations, unknown columns) or Error.
std::vector<std::unique_ptr<Lane>> build_lanes(const Experiment& experiment, std::shared_ptr<const Team> team,
                                               const SkipListener& skipped = {});
/// The problem of one cell alone.
std::shared_ptr<const SensingProblem> build_problem(const CellSpec& cell, std::shared_ptr<const Team> team);
/// Its truth alone, without operator and data; null if it has no target.
std::shared_ptr<const Truth> build_truth(const CellSpec& cell, std::shared_ptr<const Team> team);
/// Its model alone, for a matrix of this shape. Throws UnsuitableCell if the model asks for more than the truth, which
/// may be null.
std::shared_ptr<const FactorizationModel> build_model(const CellSpec& cell, Shape shape, const Truth* truth,
                                                      std::shared_ptr<const Team> team);

/// What stands at `every`: a whole number of at least 1, or `geometric`. Nothing if it is neither.
std::optional<Schedule> to_schedule(const Node& every);
/// What the core itself reads in the section of a plugin, beside the plugin's own parameters.
std::vector<Parameter> common_parameters(const Library& library);

}  // namespace tightrope
