// `tune:` of a study, or of one of its methods: a value, most often the step, that is chosen by trials.
//
//   path: optimizer.step           what is chosen
//   over: VALUES                   each of them is tried: a list or a range, such as log(1e-2, 1, 9)
//         {bisect: [0.01, 4],      … or: the largest stable value between two, by bisection on a logarithmic scale;
//          trials: 8, take: 0.9}   so many values are tried, and this share of the largest stable one is taken
//   for: QUANTITY                  what the best value makes smallest: iterations or passes to COLUMN < BOUND, final or
//                                  smallest COLUMN; not for bisection
//   repetitions: 2                 each value is tried with so many seeds that no cell of the study has
//   stop: {iterations: 300}        laid over `stop` of the trials
//
// A method may write tune: none, or rules of its own, laid over those of the study. Each setting, that is, the cells
// that differ in the repetition alone, gets a value of its own, and each method the same trials for it. A value's merit
// is the median over its trials of QUANTITY, where a run that does not get there counts as infinitely bad. Where that
// is infinite for all values, the median of the last value of the column decides. Of equals the smaller value wins. A
// value is stable if no trial with it diverged, failed or ended with a larger objective than it began with.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/claims/claim.hpp"

namespace tightrope {

struct TuneRules {
  std::string path;
  Position position, path_position;
  std::vector<Node> values;  // of a list or range; empty for bisection
  struct Bisection {
    Real low = 0, high = 0;  // 0 < low < high
    Index trials = 8;        // values that are tried, the two ends among them
    Real take = 0.9;
    Position position;
  };
  std::optional<Bisection> bisection;
  Quantity goal;  // of values
  Position goal_position;
  Index repetitions = 2;
  std::optional<Node> stop;

  /// Values that stand for all in checks: those of the list, or the ends of the bisection.
  std::vector<Node> candidates() const;
  /// How many values are tried at the most.
  Index budget() const { return bisection ? bisection->trials : values.size(); }
};
/// Null, with complaints, if the node holds no such rules.
std::optional<TuneRules> read_tune(const Node& node, std::vector<Diagnostic>& diagnostics);
/// Lays a tuned value into a config. Throws ConfigError where the path leads nowhere.
void apply_tuned(Node& tree, const TuneRules& rules, const Node& value);

/// Whether a path that has its values from elsewhere is the tuned one, or a part of it. Complains once per place.
bool overlaps(const TuneRules& rules, const std::string& path, const Position& position, const char* what,
              std::vector<Diagnostic>& diagnostics);

/// The cells of a study that differ in the repetition alone, if a value of theirs is tuned.
struct TunedSetting {
  Labels labels;  // without the repetition
  std::shared_ptr<const TuneRules> rules;
  Node tree;                         // config of its cells, without repetition and without the tuned value
  std::vector<std::uint64_t> seeds;  // of the trials
};

/// What came of a setting's trials.
struct Tuned {
  Labels labels;
  std::string path;
  Node value;
  Index values = 0, trials = 0, iterations = 0, passes = 0;  // what the choice has cost
  std::string goal;                                          // what was to become smallest, in words
  std::optional<Real> merit;  // the median of it that the value got, perhaps infinite; null for bisection
  std::string note;           // what a reader should know: "the largest value of those tried is the best"
};

}  // namespace tightrope
