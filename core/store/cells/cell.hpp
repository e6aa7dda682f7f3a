// Finished runs on disk: immutable folders, published whole or not at all.
//
//   cells/<16 digits of the key>-<budget>/
//     record.json  trace.csv  final.npz  state.bin     equal runs give equal bytes: no times, hosts or paths
//     provenance.json  timing.csv                      when, where, how long, under which name
//     SHA256SUMS                                       of all of these, as sha256sum -c reads it
//
// The budget (how many iterations, how much time) is not part of the key, but of the name: runs of one cell with
// several budgets lie side by side, and a longer one goes on from the state in which a shorter one ended.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/arrays/matrices.hpp"
#include "core/experiment/experiment.hpp"

namespace tightrope {

/// The arrays of final.npz that hold L and R of an estimate that a method publishes instead of X.
inline constexpr const char* estimate_arrays[] = {"estimate_left", "estimate_right"};

/// What sets the scale of a cell's problem.
struct Sizes {
  Index rows = 0, cols = 0, measurements = 0;
  Index rank = 0;                  // of the factorization; like all of these 0 where there is none
  std::optional<Index> true_rank;  // if the truth is known
};

/// One finished cell as read back from disk.
struct StoredCell {
  std::filesystem::path folder;
  std::string key;
  std::map<std::string, std::string> labels;
  End end;
  Node record;                      // record.json as a whole
  Node spec;                        // its resolved spec
  Trace trace;                      // with seconds
  std::vector<NamedArray> factors;  // final.npz, by block name
  std::optional<Node> kept;         // what the rule `keep` kept: its column, iteration and recorded values
  Counters counters;
  Sizes sizes;
  Node provenance;
  Real seconds = 0;   // of computing
  Real bytes = 0;     // of operator data read; a pass that lanes share is divided among them
  bool solo = false;  // nothing else was computing meanwhile; else the seconds are a share of a joint time
  std::vector<std::pair<std::string, Real>> observing;  // "observer 'x'", its seconds, which `seconds` do not hold
  std::vector<std::string> warnings;                    // of the parts of the run, each a sentence
};

/// "1f0c…-400": where a cell lies in OUT/cells.
std::string folder_name(const CellSpec& cell);

/// A lane that has ended, and the cell that it ran.
struct Finished {
  const CellSpec* cell;
  const Lane* lane;
};
/// Publishes finished lanes together: all files written, then all on disk, then all visible. What is there already
/// stays. Throws Error(resources) that names the file; then none or some of them are there, each of them whole.
void publish_cells(const std::filesystem::path& out, const std::string& name, const std::vector<Finished>& finished);

/// What final.npz holds: the blocks of the last iterate, the estimate if the method publishes one, and the blocks of
/// the iterate that was kept, if there is one.
std::vector<NamedArray> final_arrays(const Lane& lane);

/// Reads a cell, each byte of it checked against its digests. Throws Error(integrity) with the file's name.
StoredCell read_cell(const std::filesystem::path& folder);
/// The file of a cell's folder that is not what was written, with what is wrong; empty if all is well.
std::string damage_of(const std::filesystem::path& folder);

/// What OUT/cells holds, by one look at the folder.
class CellStore {
 public:
  explicit CellStore(const std::filesystem::path& out);
  bool has(const CellSpec& cell) const;
  /// A stored run of the same cell with another budget from whose end this one can go on: the furthest one that a run
  /// with this cell's budget would have passed through. Null if there is none.
  std::optional<std::filesystem::path> longest_prefix(const CellSpec& cell) const;
  /// All stored runs of the cell, whatever their budgets.
  std::vector<std::filesystem::path> all(const CellSpec& cell) const;

 private:
  std::filesystem::path folder_;
  std::multimap<std::string, std::string> names_;  // 16 digits of the key → names of folders
};
/// Brings a fresh lane to the state in which a stored run of the same cell ended.
void continue_from(const std::filesystem::path& folder, const CellSpec& cell, Lane& lane);

}  // namespace tightrope
