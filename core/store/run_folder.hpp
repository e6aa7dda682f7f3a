// A run folder: what one `run` asked for, and what came out.
//
//   OUT/run.json                   the last `run`: name, axes, cells in the order of the file, what success means,
//                                  claims with verdicts
//   OUT/config.yaml                what it asked for: the config with all its layers merged
//   OUT/cells/                     finished runs (core/store/cells/cell.hpp); they are the truth
//   OUT/batches/                   what was handed out to other processes (core/study/tasks/task.hpp)
//   OUT/unfinished/  OUT/failed/   checkpoints of runs in progress; why runs failed
//   OUT/printed/                   what plugins printed in worker processes (core/store/cells/printed.hpp)
//   OUT/index.sqlite               a table of the finished runs, made again from them whenever it is not right
//   OUT/status.json                how far a running study is, for `watch`
//   OUT/report.html  OUT/figures/*.svg
//   OUT/{record.json,trace.csv,final.npz,…}   links to the only cell of a plain run
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/store/cells/cell.hpp"
#include "core/store/files/files.hpp"
#include "core/store/files/json.hpp"

namespace tightrope {

struct StoredClaim {
  std::string text, measured;
  bool holds = false;
  std::string source;  // as written, in JSON; empty in runs of older versions
};

/// A cell without a result, and why.
struct Missing {
  enum class Kind { failed, skipped, unfinished } kind = Kind::unfinished;
  std::map<std::string, std::string> labels;
  std::string key, reason;  // no reason if it is only unfinished
};

/// "failed", "skipped", "unfinished"
const char* to_string(Missing::Kind kind);

/// A run folder as read back from disk.
struct StoredRun {
  std::filesystem::path folder;
  std::string name;
  bool is_study = false;
  std::vector<StudyAxis> axes;    // what cells may differ in, in the order of the file; without positions
  std::vector<StoredCell> cells;  // in the order of the file
  std::vector<Missing> missing;
  std::vector<StoredClaim> claims;
  std::optional<SuccessCriterion> success;
  std::vector<Tuned> tuned;  // values that trials have chosen
  std::optional<PaperNote> paper;
};

/// Checks, before any computing, that results can be written to `out`, and makes its folders; Error(resources) if not.
/// Returns the outermost folder that it made, if `out` was not there.
std::optional<std::filesystem::path> prepare_output(const std::filesystem::path& out);
/// Removes what prepare_output made, if no result has come there: a refused run leaves nothing behind.
void abandon_output(const std::filesystem::path& out, const std::filesystem::path& made);
/// Removes what dead processes left behind. Only who holds the folder's lock may ask.
void clean_output(const std::filesystem::path& out);

/// Remembers that a cell failed; the next `run` tries it again.
void write_failure(const std::filesystem::path& out, const CellSpec& cell, const std::string& reason);
void remove_failure(const std::filesystem::path& out, const CellSpec& cell);

/// Publishes run.json, config.yaml and, for a plain run that is finished, the links at the top.
void publish_run(const std::filesystem::path& out, const Experiment& experiment, const std::vector<Missing>& missing,
                 const std::vector<StoredClaim>& claims);
/// A tuned value as run.json and the documents of the program state it.
Json to_json(const Tuned& tuned);
/// `folder` is a run folder or a cell folder. Throws Error(config) if it is no such thing, Error(integrity) if damaged.
StoredRun read_run(const std::filesystem::path& folder);
/// Whether a path leads to something that `run` has written into its folder, as opposed to what others put there.
bool is_part_of_run(const std::filesystem::path& folder, const std::filesystem::path& path);
/// What is wrong with run.json or config.yaml themselves, or nothing.
std::string damage_of_run(const std::filesystem::path& out);

}  // namespace tightrope
