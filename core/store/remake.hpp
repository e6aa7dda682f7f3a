// From stored results back to the objects that made them: the one place where that happens. Only what is asked for is
// made, and only from what the record states: data files and plugins are compared with their digests there before use.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/store/cells/cell.hpp"

namespace tightrope {

/// A data file of a stored cell, looked up again: where it lay when the run was made or, if what lies there now is not
/// what the record states, in the folder of the run, where a bundle has it.
struct RecordedFile {
  std::string written, sha256;  // as the record states them
  std::filesystem::path place;  // empty if it is in neither place
};
std::vector<RecordedFile> data_files_of(const StoredCell& cell);

/// "x.csv has changed since the run …" for a data file of these cells that is there and is not what their records
/// state; empty if there is none. Reads the files that may have been touched since the runs finished, each of them
/// once.
std::string changed_data_of(const std::vector<StoredCell>& cells);

/// A plugin is not the binary that the record states: what is stored stays good, but cannot be made again with this
/// one.
class OtherPlugin : public Error {
 public:
  explicit OtherPlugin(const std::string& message) : Error(Exit::integrity, message) {}
};

// All of these throw Error(integrity) that names the data file that has changed, OtherPlugin, ConfigError where a data
// file is missing, and what the plugins throw.

/// X* again; null if the run knew none. Neither operator nor data are made.
std::shared_ptr<const Truth> remake_truth(const StoredCell& cell, const Catalog& catalog,
                                          std::shared_ptr<const Team> team);
/// Truth, operator and data again.
std::shared_ptr<const SensingProblem> remake_problem(const StoredCell& cell, const Catalog& catalog,
                                                     std::shared_ptr<const Team> team);
/// X(p) at the end of the run, from its stored factors and the model alone. Throws UnsuitableCell if the model asks for
/// more than the truth, which may be null.
LowRank remake_estimate(const StoredCell& cell, const Catalog& catalog, const Truth* truth,
                        std::shared_ptr<const Team> team);
/// The experiment of the cell alone, to be run again: its only cell has the key of the stored one.
Experiment remake_experiment(const StoredCell& cell, const Catalog& catalog);

}  // namespace tightrope
