// What a worker process is told, and what it tells: CBOR and lines of JSON over file descriptors.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/study/batch.hpp"

namespace tightrope {

/// Several batches for one process, one after the other.
struct Job {
  std::filesystem::path out;
  std::string name;
  std::vector<std::filesystem::path> plugin_folders;
  unsigned threads = 1;
  Real checkpoint_seconds = 5;
  std::optional<Real> cell_seconds;
  std::optional<std::uint64_t> memory;  // bytes beyond those of the bare program
  bool solo = false;                    // no other worker is computing
  int parent = 0;                       // process that waits for the results
  struct Cell {
    std::size_t index;  // in the study
    std::string key;
    std::map<std::string, std::string> labels;
    Node spec;  // with the positions of the user's files, so that messages name them
  };
  std::vector<std::vector<Cell>> batches;
};

std::string encode(const Job& job);
Job decode_job(const std::string& bytes);
/// The cells of a batch, resolved again. Throws Error(plugin) if one of them is not what it was when the job was made.
Experiment experiment_of(const Job& job, const std::vector<Job::Cell>& batch, const Catalog& catalog);

/// One line from a worker.
struct Report {
  enum class Kind {
    round,    // still going: `fraction` of the present batch is done
    done,     // the cell's result is on disk
    skipped,  // the cell's parts do not fit together: `text`
    failed,   // the cell alone is to blame: `text`
    broken,   // the batch cannot go on, whichever of its cells is to blame: `text`
    warning,  // something to tell the user: `text`
    error     // the whole study cannot go on: `text`, `code`
  } kind = Kind::round;
  std::size_t cell = 0;
  double fraction = 0;
  std::string text = {};
  Exit code = Exit::ok;
};
std::string encode(const Report& report);  // without the line break
Report decode_report(const std::string& line);

}  // namespace tightrope
