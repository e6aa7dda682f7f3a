// The grammar of studies: from a `study:` section to the cells that it asks for. Knows nothing of plugins.
//
// Its keys are the files of core/grid/forms, the ranges that may stand for lists of values those of core/grid/ranges.
// A condition is a value, a list of values, or a comparison with a number or with another axis, ">= 3" or "< rank".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/grid/selection/conditions.hpp"
#include "core/grid/tune.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

/// A direction in which the cells of a study differ.
struct StudyAxis {
  std::string label;                // unique, and as short as that allows: "condition"
  std::string path;                 // "problem.target.condition"; "method" and "repetition" for these two
  Position position;                // where the file names it
  std::vector<std::string> values;  // as the cells are labelled, in the order of the file
  std::string unit;                 // of its numbers, as the parameter at `path` declares it: "dB"; often ""
};

/// Which cells of a study are meant: all that satisfy each of `only` and none of `skip`. Each is a map from axes to
/// conditions.
struct Selection {
  std::vector<Node> only, skip;
  bool empty() const { return only.empty() && skip.empty(); }
};
/// Reads "method=gd,scaled,condition=10"; `name` ("--only") stands in positions. Throws ConfigError.
Node parse_selection(const std::string& text, const std::string& name);

/// `path=value` as apply_assignment does it, with what it means in a study: several values, separated by commas, or a
/// range make an axis of the grid; one value holds for all cells, whatever the methods say. Throws ConfigError.
void assign(Node& tree, const std::string& assignment, const std::string& name);

/// The seed of repetition r = 1, 2, …: a function of the two alone, the given seed for the first.
std::uint64_t repetition_seed(std::uint64_t seed, std::uint64_t repetition);
/// Seeds for trials, draw = 1, 2, …: drawn under another name than those of the repetitions.
std::uint64_t tuning_seed(std::uint64_t seed, std::uint64_t draw);

/// How a study is to be run: no part of any cell, and no change of its numbers.
struct StudyRules {
  bool solo = false;                    // one cell at a time, with all threads, for honest seconds
  std::optional<Real> cell_seconds;     // of computing that a cell may take
  std::optional<std::uint64_t> memory;  // bytes that a cell may take
};

/// What the keys of a study say.
struct StudyPlan {
  struct Value {
    Node node;
    std::string canonical;  // equal for equal values
    std::optional<double> number;
  };
  /// One choice of a block: pairs of axis and value.
  using Row = std::vector<std::pair<std::size_t, std::size_t>>;
  static constexpr std::size_t no_method = static_cast<std::size_t>(-1);

  std::vector<StudyAxis> axes;
  std::vector<std::vector<Value>> values;  // of each axis
  std::vector<std::vector<Row>> blocks;    // the study is their product
  std::vector<Node::Entry> fixed;          // `set`
  std::vector<std::string> shared;         // parts that repetitions do not redraw
  bool seeds_are_given = false;            // repetitions are seeds
  std::map<std::size_t, Node> own_tunes;   // `tune` of methods, by the method's value
  std::map<std::size_t, std::shared_ptr<const TuneRules>> tunes;
  std::vector<std::vector<AxisCondition>> keep, drop;
  StudyRules rules;
  std::optional<SuccessCriterion> success;
};
inline const std::vector<std::string> parts_of_a_problem = {"target", "operator", "noise", "initialization"};

/// The cells of a study: the product methods × list × zip × grid × repetitions, the last one varying fastest, without
/// what `where`, `exclude` and the selection leave out.
///
/// What lies on what: the file < the method < axes < tuned values < `set`, where an axis of a whole section is laid
/// down before the axes of its parts. All lie as config files do: maps merge, another type replaces.
class Grid {
 public:
  static constexpr std::size_t most_cells = 20'000;

  /// `base` is the config without its study, `sections` the sections that cells may differ in. Complaints go to
  /// `diagnostics`; a grid with complaints has no cells.
  Grid(const Node& base, const Node& study, const std::vector<std::string>& sections, const Selection& selection,
       std::vector<Diagnostic>& diagnostics);

  const std::vector<StudyAxis>& axes() const { return plan_.axes; }
  const StudyRules& rules() const { return plan_.rules; }
  const std::optional<SuccessCriterion>& success() const { return plan_.success; }
  std::size_t size() const { return cells_.size(); }
  std::map<std::string, std::string> labels(std::size_t cell) const;
  /// The config of one cell, with a value for what is tuned in it. Throws ConfigError where a path leads nowhere.
  Node tree(std::size_t cell, const Node* tuned = nullptr) const;
  /// Settings in which something is tuned, and to which of them a cell belongs.
  const std::vector<TunedSetting>& settings() const { return settings_; }
  std::optional<std::size_t> setting_of(std::size_t cell) const {
    return setting_of_.empty() ? std::nullopt : setting_of_[cell];
  }
  /// Each value of each axis of a path, and the config that has it at that path; also where there are no cells.
  std::vector<std::pair<Node, Node>> values_alone() const;
  /// Cells that together have every value of every axis, for finding what is wrong with values early.
  std::vector<std::size_t> cover() const;

 private:
  using Row = StudyPlan::Row;

  Row row(std::size_t combination) const;
  Node config_of_row(const Row& row, const Node* tuned) const;  // without what a repetition changes
  TunedSetting setting(const Row& row, const std::shared_ptr<const TuneRules>& rules) const;
  void find_settings(std::vector<Diagnostic>& diagnostics);
  void keep_shared(Node& tree, std::uint64_t seed, const Position& position) const;
  std::uint64_t seed_of(std::uint64_t seed, const StudyPlan::Value& repetition) const;

  Node base_;
  StudyPlan plan_;
  std::vector<std::size_t> order_;  // axes in the order in which they are laid down
  std::vector<std::size_t> cells_;  // numbers in the product
  std::vector<TunedSetting> settings_;
  std::vector<std::optional<std::size_t>> setting_of_;  // per cell; empty if nothing is tuned
};

}  // namespace tightrope
