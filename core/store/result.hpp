// Finished runs on disk: immutable folders, published whole or not at all.
//
//   OUT/cells/<key>/record.json  trace.csv  final.npz     hashed content: no times, hosts or paths
//   OUT/cells/<key>/provenance.json  timing.csv           when, where, how long
//   OUT/run.json                                          what the last `run` asked: name, cells, claims with verdicts
//   OUT/report.html  OUT/figures/*.svg
//   OUT/{record.json,trace.csv,final.npz,…}               links to the only cell of a plain run
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/config/experiment.hpp"
#include "core/store/arrays.hpp"

namespace tightrope {

/// One finished cell as read back from disk.
struct StoredCell {
  std::filesystem::path folder;
  std::string key;
  std::map<std::string, std::string> labels;
  End end;
  Node record;                      // record.json as a whole
  Node spec;                        // its resolved spec
  Trace trace;                      // with seconds, if timing.csv is there
  std::vector<NamedArray> factors;  // final.npz, by block name
  Counters counters;
  Node provenance;
  Real seconds = 0;
};

struct StoredClaim {
  std::string text, measured;
  bool holds = false;
};

/// A run folder as read back from disk.
struct StoredRun {
  std::filesystem::path folder;
  std::string name;
  bool is_study = false;
  std::vector<StoredCell> cells;  // in the order of the file
  std::vector<StoredClaim> claims;
};

/// Checks, before any computing, that results can be written to `out`; Error(resources) if not.
void prepare_output(const std::filesystem::path& out);
/// Publishes one finished lane (write temporary, fsync, rename).
void publish_cell(const std::filesystem::path& out, const CellSpec& cell, const Lane& lane);
/// Publishes run.json and, for a plain run, the links at the top.
void publish_run(const std::filesystem::path& out, const Experiment& experiment,
                 const std::vector<StoredClaim>& claims);
/// `folder` is a run folder or a cell folder. Throws Error(config) if it is no such thing, Error(integrity) if damaged.
StoredRun read_run(const std::filesystem::path& folder);

/// Writes a file so that it is there whole or not at all. Error(resources) names the file.
void write_atomically(const std::filesystem::path& file, const std::string& bytes);

}  // namespace tightrope
